// A third reader of vectors.json, in another language: Node's crypto, after SECURITY.md §2 and §3 alone.
// `node read.js [vectors.json]` prints one line per case that it judges otherwise, then a summary; exit 1 if there was one.
"use strict";
const crypto = require("crypto");
const fs = require("fs");
const path = require("path");

const hex = (text) => Buffer.from(text, "hex");
const utf8 = (text) => Buffer.from(text, "utf8");
const sha256 = (...parts) => crypto.createHash("sha256").update(Buffer.concat(parts)).digest();
const mac = (key, data) => crypto.createHmac("sha256", key).update(data).digest();
const refuse = (why) => { throw new Error(why); };

function u64(number) {
  const out = Buffer.alloc(8);
  out.writeBigUInt64BE(BigInt(number));
  return out;
}

function lp(...parts) {
  return Buffer.concat(parts.flatMap((part) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    return [length, part];
  }));
}

function canonical(data) {
  if (Array.isArray(data)) return "[" + data.map(canonical).join(",") + "]";
  if (data === null || typeof data !== "object") return JSON.stringify(data);
  return "{" + Object.keys(data).sort().map((name) => JSON.stringify(name) + ":" + canonical(data[name])).join(",") + "}";
}

function text(data) {
  const found = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  return found;
}

function open(key, keyId, blob, aad) {
  if (blob.length < 99 || blob[0] !== 0x49 || blob[1] !== 0x53 || blob[2] !== 1) refuse("format");
  const header = blob.subarray(0, 19);
  if (!header.subarray(3).equals(keyId)) refuse("unknown_key");
  const okm = Buffer.from(crypto.hkdfSync("sha256", key, blob.subarray(19, 51), Buffer.concat([utf8("integrations/v1/msg"), header]), 76));
  if (!okm.subarray(44).equals(blob.subarray(51, 83))) refuse("wrong_key");
  const opener = crypto.createDecipheriv("aes-256-gcm", okm.subarray(0, 32), okm.subarray(32, 44), { authTagLength: 16 });
  opener.setAAD(lp(header, aad));
  opener.setAuthTag(blob.subarray(blob.length - 16));
  return Buffer.concat([opener.update(blob.subarray(83, blob.length - 16)), opener.final()]);
}

const AEAD = utf8("integrations/aead/v1");
const AUDIT = utf8("integrations/audit/v1");
const opened = (one, aad) => open(hex(one.key), hex(one.key_id), hex(one.blob), aad);

const credentialAad = (at) => lp(AEAD, utf8("credential"), hex(at.store), hex(at.website), hex(at.integration), u64(at.version),
  utf8(at.provider), sha256(utf8(canonical(at.bound))));
const dataKeyAad = (at) => lp(AEAD, utf8("data-key"), hex(at.store), hex(at.id), utf8(at.scope), hex(at.scope_id));
const rootKeyAad = (at) => lp(AEAD, utf8("root-key"), hex(at.store), utf8(at.slot_kind), hex(at.root_key_id));

function values(plaintext) {
  const data = JSON.parse(text(plaintext));
  if (data === null || typeof data !== "object" || Array.isArray(data)) refuse("shape");
  for (const [name, value] of Object.entries(data)) {
    if (!/^[a-z][a-z0-9_]{0,63}$/.test(name) || typeof value !== "string") refuse("field");
  }
  const again = utf8(canonical(data));
  const whole = Buffer.concat([again, Buffer.alloc((64 - (again.length % 64)) % 64, " ")]);
  if (!whole.equals(plaintext) || plaintext.length > 65536) refuse("form");
  return data;
}

function keyOf(written) {
  const letters = written.toUpperCase().replace(/[\s-]/g, "").replace(/0/g, "O").replace(/1/g, "I").replace(/8/g, "B");
  if (!/^[A-Z2-7]{56}$/.test(letters)) refuse("letters");
  const bits = [...letters].map((one) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(one).toString(2).padStart(5, "0")).join("");
  const data = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const key = data.subarray(0, 32);
  if (!sha256(utf8("integrations/key-text/v1"), key).subarray(0, 3).equals(data.subarray(32))) refuse("checksum");
  return key;
}

function bundle(data, secret) {
  const line = data.subarray(0, data.indexOf(10) + 1);
  const header = JSON.parse(text(line));
  const chunked = header.format === "integrations.bundle/2";
  if (!chunked && (header.format !== "integrations.bundle/1" || !/^[0-9a-f]{32}$/.test(header.id))) refuse("header");
  let key;
  if (header.key === "text") key = keyOf(secret);
  else {
    const { n, r, p, salt } = header.scrypt;
    const whole = ["n", "r", "p"].every((name) => new RegExp(`"${name}":[0-9]+[,}]`).test(text(line)));
    if (!whole || r !== 8 || p !== 1 || n < 2 ** 15 || n > 2 ** 20 || !Number.isInteger(Math.log2(n)) || !/^[0-9a-f]{32}$/.test(salt)) refuse("scrypt");
    key = crypto.scryptSync(utf8(secret.normalize("NFC")), hex(salt), 32, { N: n, r, p, maxmem: 2 ** 31 - 1 });
  }
  const aad = lp(AEAD, utf8("bundle"), sha256(line));
  if (chunked) return chunks(key, header, data.subarray(line.length), sha256(line), aad);
  return open(key, hex(header.id), data.subarray(line.length), aad);
}

function chunks(key, header, message, context, aad) {
  const size = header.chunk + 16;
  if (!/^[0-9a-f]{64}$/.test(header.salt) || !Number.isInteger(header.chunk) || size < 80 || size > 2 ** 20 + 16) refuse("header");
  const okm = Buffer.from(crypto.hkdfSync("sha256", key, hex(header.salt), Buffer.concat([utf8("integrations/v1/stream"), context]), 64));
  if (!okm.subarray(32).equals(message.subarray(0, 32))) refuse("key");
  const pieces = [];
  for (let at = 32; at < message.length; at += size) pieces.push(message.subarray(at, at + size));
  if (pieces.length === 0) refuse("empty");
  return Buffer.concat(
    pieces.map((piece, number) => {
      const nonce = Buffer.alloc(12);
      nonce.writeUInt32BE(number, 7);
      nonce[11] = number === pieces.length - 1 ? 1 : 0;
      if (piece.length < 16 || (number > 0 && piece.length === 16)) refuse("chunk");
      const decipher = crypto.createDecipheriv("aes-256-gcm", okm.subarray(0, 32), nonce);
      decipher.setAAD(aad);
      decipher.setAuthTag(piece.subarray(-16));
      return Buffer.concat([decipher.update(piece.subarray(0, -16)), decipher.final()]);
    }),
  );
}

const same = (left, right) => canonical(left) === canonical(right);
const fingerprint = (at) =>
  mac(hex(at.key), lp(utf8("integrations/fp/v1"), hex(at.website), utf8(at.provider), utf8(at.field), utf8(at.value))).subarray(0, 16);

const VERDICTS = {
  message: (one) => opened(one, hex(one.aad)).toString("hex") === one.plaintext,
  credential: (one) => same(values(opened(one, credentialAad(one))), one.values),
  "data-key": (one) => opened(one, dataKeyAad(one)).toString("hex") === one.plaintext,
  "root-key": (one) => opened(one, rootKeyAad(one)).toString("hex") === one.plaintext,
  plaintext: (one) => same(values(hex(one.plaintext)), one.values),
  "key-text": (one) => keyOf(one.text).toString("hex") === one.key,
  fingerprint: (one) => fingerprint(one).toString("hex") === one.fp,
  genesis: (one) => mac(hex(one.key), lp(AUDIT, utf8("genesis"), hex(one.store), hex(one.chain))).toString("hex") === one.mac,
  audit: (one) => mac(hex(one.key), lp(AUDIT, u64(one.epoch), hex(one.chain), u64(one.seq), hex(one.before), utf8(one.body))).toString("hex") === one.mac,
  epoch: (one) => mac(hex(one.key), lp(AUDIT, utf8("epoch"), u64(one.epoch), hex(one.chain), u64(one.seq), hex(one.before))).toString("hex") === one.proof,
  plan: (one) => mac(hex(one.key), lp(utf8("integrations/plan/v1"), utf8(canonical(one.plan)))).toString("hex") === one.mac,
  bundle: (one) => bundle(Buffer.from(one.bundle, "base64"), one.secret).toString("hex") === one.plaintext,
};

function verdict(one) {
  if (!VERDICTS[one.kind]) throw new Error(`unknown kind ${one.kind}`);
  try {
    return VERDICTS[one.kind](one) ? "valid" : "invalid";
  } catch (error) {
    return "invalid";
  }
}

const { cases } = JSON.parse(fs.readFileSync(process.argv[2] || path.join(__dirname, "vectors.json"), "utf8"));
const wrong = cases.filter((one) => verdict(one) !== one.result);
for (const one of wrong) console.log(`case ${one.id}, ${one.kind}: ${one.fault || "valid"}`);
console.log(`${cases.length} cases, ${wrong.length} judged otherwise`);
process.exit(wrong.length ? 1 : 0);
