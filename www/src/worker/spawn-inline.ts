// The Worker inside of the page, for the one file that opens from disk.
import InlineWorker from './worker.ts?worker&inline';

export const spawn = () => new InlineWorker();
