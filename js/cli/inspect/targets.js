// The targets of a proxy, each with its route.
import { Routes } from './routes.js';
import { Target } from './target.js';

export class Targets {
  #routes;
  /** @type {Map<import('./routes.js').Route, Target>} */
  #all;

  /**
   * @param {string[]} texts see Routes
   * @param {import('./target.js').Way} way
   */
  constructor(texts, way) {
    this.#routes = new Routes(texts);
    this.#all = new Map(this.#routes.all.map((route) => [route, new Target(route, way)]));
  }

  get routes() {
    return this.#routes;
  }

  /**
   * @param {string} host as the request has it
   * @param {string} path
   */
  find(host, path) {
    const route = this.#routes.find(host, path);
    return route && this.#all.get(route);
  }

  /** In words, for a request that none is for. @param {string} path */
  without(path) {
    return this.#routes.without(path);
  }

  destroy() {
    for (const target of this.#all.values()) target.destroy();
  }
}
