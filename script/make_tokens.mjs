// Writes the vocabulary of the Moonshine models, one token per line: line N is the text of token N in
// base64. The models share the 32000 pieces of the LLaMA tokenizer and have 768 special tokens of their
// own, which have no text.
//
//   node make_tokens.mjs path/to/llama-tokenizer.js > tokens.txt

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {pathToFileURL} from 'node:url';

const vocabularySize = 32768;
const controlTokens = 3;  // <unk>, <s>, </s>: never spoken

// The package holds an ES module without saying so: node takes its name for it.
async function loadPieces(source) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'atlas-tokens-'));
    try {
        const copy = path.join(folder, 'tokenizer.mjs');
        fs.copyFileSync(source, copy);
        return (await import(pathToFileURL(copy).href)).default.vocabById;
    } finally {
        fs.rmSync(folder, {recursive: true});
    }
}

function bytesOf(piece, id) {
    if (piece === undefined || id < controlTokens) return Buffer.alloc(0);
    const byte = /^<0x([0-9A-F]{2})>$/.exec(piece);  // pieces that stand for one byte of UTF-8
    return byte ? Buffer.from([parseInt(byte[1], 16)]) : Buffer.from(piece.replaceAll('\u2581', ' '), 'utf8');
}

const pieces = await loadPieces(process.argv[2]);
let lines = '';
for (let id = 0; id < vocabularySize; ++id) lines += bytesOf(pieces[id], id).toString('base64') + '\n';
process.stdout.write(lines);
