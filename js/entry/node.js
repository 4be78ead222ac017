// What this package's own programs import: names of the package mean nothing in a checkout.
import './engine/file.js';

export * from '../index.js';
