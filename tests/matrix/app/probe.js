// Nothing but what only a module may have.
export {};
