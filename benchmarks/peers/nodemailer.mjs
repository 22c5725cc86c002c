// nodemailer with its pool, Nunjucks, and a queue in SQLite: mails are claimed by the hundred, and each is marked when it went.
// Usage: node nodemailer.mjs DIR '{"like": FILE, "folder": DIR, "port": N, "count": N, "connections": N}'
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const [installed, given] = process.argv.slice(2);
const require = createRequire(join(installed, "from.js"));
const nodemailer = require("nodemailer"), nunjucks = require("nunjucks"), Database = require("better-sqlite3");
const { like, folder, port, count, connections } = JSON.parse(given);
const { html, text, words } = JSON.parse(readFileSync(like, "utf-8"));

const database = new Database(join(folder, "queue.db"));
database.pragma("journal_mode = WAL");
database.exec("CREATE TABLE mail (id INTEGER PRIMARY KEY, address TEXT, context TEXT, state TEXT)");
const pages = {
  html: nunjucks.compile(html, new nunjucks.Environment(null, { autoescape: true })),
  text: nunjucks.compile(text, new nunjucks.Environment(null, { autoescape: false })),
};
const ofPerson = (number) =>
  Object.fromEntries(Object.entries(words).map(([name, word]) => [name, name.endsWith("0") ? `${word} ${number}` : word]));

const began = performance.now();
const put = database.prepare("INSERT INTO mail (address, context, state) VALUES (?, ?, 'due')");
database.transaction(() => {
  for (let number = 0; number < count; number++) put.run(`reader${number}@example.net`, JSON.stringify(ofPerson(number)));
})();
const queued = performance.now();

const take = database.prepare(
  "UPDATE mail SET state = 'sending' WHERE id IN (SELECT id FROM mail WHERE state = 'due' ORDER BY id LIMIT 100) RETURNING *");
const mark = database.prepare("UPDATE mail SET state = 'sent' WHERE id = ?");
const transport = nodemailer.createTransport(
  { pool: true, host: "127.0.0.1", port, secure: false, ignoreTLS: true, maxConnections: connections, maxMessages: Infinity });
const send = async (row) => {
  const context = { words: JSON.parse(row.context) };
  await transport.sendMail({
    from: "Trial updates <updates@example.org>", to: row.address, subject: `Update ${row.id}`,
    text: pages.text.render(context), html: pages.html.render(context),
  });
  mark.run(row.id);
};
const waiting = [];
const line = async () => {
  for (;;) {
    if (!waiting.length) waiting.push(...take.all());
    const row = waiting.shift();
    if (!row) return;
    await send(row);
  }
};
await Promise.all(Array.from({ length: connections }, line));
const sent = performance.now();
transport.close();
console.log(JSON.stringify({ mails: count, assembling: (queued - began) / 1000, sending: (sent - queued) / 1000 }));
