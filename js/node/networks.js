// Which addresses are trusted to say whom they speak for, and addresses in one form.
import { BlockList, isIP } from 'node:net';
import * as check from '../base/arguments.js';

/**
 * Names of networks; Express has the same.
 * @type {ReadonlyMap<string, readonly string[]>}
 */
const NAMED = new Map([
  ['loopback', ['127.0.0.0/8', '::1/128']],
  ['linklocal', ['169.254.0.0/16', 'fe80::/10']],
  ['uniquelocal', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']],
]);

export const NETWORKS =
  "an IP address, a network such as '10.0.0.0/8', 'loopback', 'linklocal', 'uniquelocal', a net.BlockList, or a list of them";

/**
 * Whether an address is one of them. What has none came over a Unix socket, from this machine: it
 * counts as loopback.
 * @typedef {(address: string | undefined) => boolean} Networks
 */

/**
 * An address without what says the same in another way: an IPv4 address that a socket of both
 * families writes as IPv6 (RFC 4291 section 2.5.5.2), and the zone, which is this machine's own.
 * @param {string} address
 */
export function plainAddress(address) {
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  return mapped ?? address.replace(/%.*$/, '');
}

/** @param {string} address */
const familyOf = (address) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {Networks}
 * @throws {TypeError | RangeError} for what is no network
 */
export function networksOf(value, name) {
  const list = new BlockList();
  const given = Array.isArray(value) ? value : [value];
  /** @type {BlockList[]} */
  const lists = [list];
  for (const [index, one] of given.entries()) {
    const where = Array.isArray(value) ? `${name}[${index}]` : name;
    if (one instanceof BlockList) lists.push(one);
    else if (typeof one !== 'string') throw check.wrongType(where, one, NETWORKS);
    else for (const network of NAMED.get(one) ?? [one]) add(list, network, where);
  }
  const local = given.includes('loopback');
  return (address) => {
    if (address === undefined) return local;
    const plain = plainAddress(address);
    return isIP(plain) !== 0 && lists.some((one) => one.check(plain, familyOf(plain)));
  };
}

/** @param {BlockList} list @param {string} network @param {string} name */
function add(list, network, name) {
  const [address, bits, ...rest] = network.split('/');
  const most = isIP(address) === 6 ? 128 : 32;
  const prefix = bits === undefined ? most : Number(bits);
  const wrong = isIP(address) === 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits));
  if (wrong || prefix > most || rest.length) throw check.outOfRange(name, network, NETWORKS);
  list.addSubnet(address, prefix, familyOf(address));
}
