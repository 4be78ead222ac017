/** A text as a regular expression of the filter language that matches it alone. */
export const literal = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
