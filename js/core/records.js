// What a record is and has, by the names that the readers use (src/wasm/contract.rs).
import { FIRST, LAST, TEXT } from '../../pkg/contract.js';

export {
  ASCII,
  CLOSE_CODE,
  DATA_KEY as KEY,
  DATA_RUN_END as RUN_END,
  DATA_SOURCE as SOURCE,
  FIRST,
  FRAME_KEY,
  FRAME_LENGTH_HIGH,
  INPUT,
  KIND_CLOSE as CLOSE,
  KIND_DATA as DATA,
  KIND_FRAME as FRAME,
  KIND_PING as PING,
  KIND_PONG as PONG,
  LAST,
  MASKED,
  RECORD_LENGTH as LENGTH,
  RECORD_OFFSET as OFFSET,
  RECORD_WORDS as WORDS,
  TEXT,
  UTF16,
} from '../../pkg/contract.js';

/** A message in one piece. */
export const WHOLE = FIRST | LAST;

/** The same of text that stays bytes. */
export const WHOLE_TEXT_BYTES = WHOLE | TEXT;
