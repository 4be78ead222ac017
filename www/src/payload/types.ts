import type { PayloadKind } from 'ws4wasm/inspect';

/** A value as a tree can show it. */
export interface TreeNode {
  key?: string;
  /** Of what kind: names a colour, too. */
  type: 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null' | 'bytes' | 'other';
  /** The value itself, or a summary of what is inside. */
  text: string;
  children?: TreeNode[];
}

/** A part of a payload: what the subprotocol makes of it. */
export interface Section {
  title: string;
  /** What it is for, where the name does not say it. */
  note?: string;
  fields?: [name: string, value: string][];
  tree?: TreeNode;
  text?: string;
}

export interface Payload {
  kind: PayloadKind;
  /** Such as 'Socket.IO event'. */
  label: string;
  /** Bytes, and how many of them were looked at. */
  length: number;
  seen: number;
  /** As text, if it is meant to be; cut at the first byte that cannot be right. */
  text?: { good: string; bad?: { index: number; byte: number; why: string }; rest: string };
  sections: Section[];
  /** Why it could not be decoded as what it seems to be. */
  problem?: string;
}
