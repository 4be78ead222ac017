// Pages without a bundler import this file by its path: names of the package mean nothing there.
import './engine/fetched.js';

export * from '../index.js';
