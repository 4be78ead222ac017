// examples/cluster, with real processes and a real Redis.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from 'redis';
import { connect } from 'ws4wasm/node';
import { noLeaks, until } from '../support/connections.mjs';
import { redisProgram } from '../support/tools.mjs';
import { fill, Member, Redis, startChat } from './chat.mjs';

noLeaks();

/** Of the server's messages, which it takes at 500 a second of each member. */
const LONG = 'x'.repeat(4000);

/** @param {number} pid */
function lives(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('what one says, all hear in order, whatever process they are in; who is there; SIGTERM', async (t) => {
  if (!redisProgram(t)) return;
  // It starts a Redis of its own.
  const { child, url, ended } = await startChat(t);
  const members = await fill(url, 'm', 3);
  const elsewhere = await Member.join(url, 'else', 'other');
  const texts = Array.from({ length: 200 }, (_, i) => `${i}`);
  for (const member of members) for (const text of texts) void member.say(text);
  for (const member of members) {
    await until(() => member.count === members.length * texts.length);
    for (const { name } of members) assert.deepEqual(member.texts(name), texts);
  }
  assert.deepEqual(elsewhere.texts(), []);
  const names = members.map(({ name }) => name).sort();
  for (const member of members) assert.deepEqual(await member.who(), names);
  const [first, ...others] = members;
  await first.leave();
  for (const one of others) await one.told({ left: first.name });
  assert.deepEqual(await others[0].who(), names.slice(1));
  const pids = [...new Set(members.map((one) => one.process))];
  child.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
  for (const { ws } of [...others, elsewhere]) {
    await ws.run();
    assert.equal(ws.closeCode, 1001);
  }
  assert.deepEqual(pids.filter(lives), []);
});

test('refusals: no room, no name, bytes', async (t) => {
  if (!redisProgram(t)) return;
  const { url } = await startChat(t);
  for (const wrong of ['a%20b?name=ann', '?name=ann', 'lobby', 'lobby?name=a/b']) {
    await assert.rejects(connect(`${url}${wrong}`), { status: 400 }, wrong);
  }
  const member = await Member.join(url, 'ann');
  await member.ws.send(Buffer.of(1));
  await member.ws.run();
  assert.deepEqual([member.ws.closeCode, member.ws.closeReason], [1003, 'text only']);
});

test('a process that is killed: others hear all, those who were there are gone in time', async (t) => {
  const program = redisProgram(t);
  if (!program) return;
  const redis = await Redis.start(t, program);
  const { url } = await startChat(t, { REDIS: redis.url, PRESENCE: '2000' });
  const members = await fill(url, 'm', 2);
  const killed = members[0].process;
  const [lost, left] = [true, false].map((was) =>
    members.filter((one) => (one.process === killed) === was),
  );
  let said = 0;
  const speaker = setInterval(() => void left[0].say(`${said++}`), 10);
  t.after(() => clearInterval(speaker));
  await until(() => said > 20);
  process.kill(killed, 'SIGKILL');
  for (const { ws } of lost) {
    await ws.run();
    assert.equal(ws.closeCode, 1006);
  }
  for (const one of left) for (const { name } of lost) await one.told({ left: name });
  // It is one process that tells of it, and once.
  const notices = left[0].heard.filter((one) => one.left);
  assert.deepEqual(notices.map((one) => one.left).sort(), lost.map(({ name }) => name).sort());
  // Another has come in its place.
  const again = await fill(url, 'n', 1);
  assert.ok(again.every((one) => one.process !== killed));
  clearInterval(speaker);
  await left[0].say('the end');
  for (const one of left) {
    await one.told({ text: 'the end' });
    const heard = one.texts(left[0].name);
    assert.deepEqual(
      heard,
      [...Array(said).keys()].map(String).concat('the end'),
      'nothing was missed',
    );
  }
  for (const one of again) await one.told({ text: 'the end' });
  const all = [...left, ...again].map(({ name }) => name).sort();
  assert.deepEqual(await again[0].who(), all);
});

test('Redis is away for five seconds: no connection ends, and all is as it was', async (t) => {
  const program = redisProgram(t);
  if (!program) return;
  const redis = await Redis.start(t, program);
  const { url } = await startChat(t, { REDIS: redis.url });
  const members = await fill(url, 'm', 2);
  const names = members.map(({ name }) => name).sort();
  await redis.stop();
  for (const member of members) await member.told({ bus: 'away' });
  // It is held until there is somebody to hand it to.
  await members[0].say('meanwhile');
  const late = Member.join(url, 'late');
  await pause(5000);
  await redis.start();
  for (const member of members) await member.told({ bus: 'back' });
  const near = members.filter((one) => one.process === members[0].process);
  for (const member of near) await member.told({ text: 'meanwhile' });
  await late;
  for (const member of members) await member.say(`from ${member.name}`);
  for (const member of members) {
    for (const name of names) await member.told({ from: name, text: `from ${name}` });
    assert.equal(member.ws.closeCode, undefined);
  }
  // This Redis never heard of them before.
  let here;
  do here = await members[0].who();
  while (here.length <= names.length);
  assert.deepEqual(here, ['late', ...names]);
});

test('a Redis that does not answer counts as away, too', async (t) => {
  const program = redisProgram(t);
  if (!program) return;
  const redis = await Redis.start(t, program);
  const { url } = await startChat(t, { REDIS: redis.url });
  const member = await Member.join(url, 'ann');
  redis.signal('SIGSTOP');
  await member.say('into nowhere');
  await member.told({ bus: 'away' });
  // Nobody knows whether somebody heard it.
  await member.told({ lost: 'into nowhere' });
  redis.signal('SIGCONT');
  await member.told({ bus: 'back' });
  await member.say('again');
  await member.told({ text: 'again' });
  assert.equal(member.ws.closeCode, undefined);
});

test('a slow member does not get everything, is told, and closed in the end; others get all', async (t) => {
  const program = redisProgram(t);
  if (!program) return;
  const redis = await Redis.start(t, program);
  const { url } = await startChat(t, { REDIS: redis.url });
  const [slow, ...speakers] = await Promise.all(
    ['slow', 'a', 'b'].map((name) => Member.join(url, name)),
  );
  let said = 0;
  /** Never more at once than any of them may be late. @param {number} times */
  const speak = async (times) => {
    for (let i = 0; i < times; i++) {
      for (const one of speakers) for (let j = 0; j < 20; j++) void one.say(LONG);
      said += 20 * speakers.length;
      for (const one of speakers) await until(() => one.count === said);
    }
  };
  const skipped = () => slow.heard.find((one) => one.skipped)?.skipped;
  for (let rounds = 0; !skipped(); rounds++) {
    assert.ok(rounds < 10, 'it should have been too slow by now');
    slow.ws.pause();
    // Less than what is too much, and after some rounds more than the kernel takes.
    await speak(16 + 8 * rounds);
    slow.ws.resume();
    // Until it has read what waited, it does not get these either.
    const mark = `mark ${rounds}`;
    while (slow.heard.at(-1)?.text !== mark) {
      await speakers[0].say(mark);
      said++;
      for (const one of speakers) await until(() => one.count === said);
    }
  }
  assert.equal(slow.count + skipped(), said);
  slow.ws.pause();
  while (!speakers[0].heard.some(({ left }) => left === 'slow')) await speak(5);
  slow.ws.resume();
  await slow.ws.run();
  assert.ok([1013, 1006].includes(Number(slow.ws.closeCode)));
});

test('a restart in turns: 1012, nobody refused, and each connection hears all of its time', async (t) => {
  const program = redisProgram(t);
  if (!program) return;
  const redis = await Redis.start(t, program);
  const { child, url, said } = await startChat(t, { REDIS: redis.url });
  const news = createClient({ url: redis.url });
  // Redis is stopped first.
  news.on('error', () => {});
  await news.connect();
  t.after(() => news.destroy());
  /** @type {{ member: Member, code?: number }[]} */
  const lives = [];
  let ending = false;
  /** Comes back whenever it is told to. @param {string} name */
  const live = async (name) => {
    while (!ending) {
      const life = { member: await Member.join(url, name), code: 0 };
      lives.push(life);
      await life.member.ws.run();
      life.code = Number(life.member.ws.closeCode);
    }
  };
  const all = Array.from({ length: 20 }, (_, i) => live(`m${i}`));
  await until(() => lives.length === 20);
  const old = new Set(lives.map(({ member }) => member.process));
  assert.equal(old.size, 2);
  let number = 0;
  const say = () =>
    news.publish('chat:lobby', JSON.stringify({ from: 'news', text: number++ }));
  const speaker = setInterval(say, 20);
  t.after(() => clearInterval(speaker));
  child.kill('SIGHUP');
  const open = () => lives.filter(({ code }) => !code);
  await until(
    () => open().length === 20 && open().every(({ member }) => !old.has(member.process)),
  );
  clearInterval(speaker);
  const last = number;
  await say();
  for (const { member } of open()) await until(() => member.texts('news').at(-1) === last);
  for (const { member, code } of lives) {
    const heard = member.texts('news');
    for (const [i, text] of heard.entries()) assert.equal(text, heard[0] + i);
    assert.ok(!code || code === 1012, `closed with ${code}`);
  }
  assert.ok(lives.length >= 40);
  assert.equal(said.errors, '');
  ending = true;
  child.kill('SIGTERM');
  await once(child, 'exit');
  await Promise.all(all);
});
