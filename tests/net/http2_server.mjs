// An HTTP/2 server (HTTP/1.1 for those who insist) for http_client_test: node http2_server.mjs cert key
// Prints its port, then serves until its standard input ends.
import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';

const [certificate, key] = process.argv.slice(2);
const server = createSecureServer({ cert: readFileSync(certificate), key: readFileSync(key), allowHTTP1: true });
const counts = { sessions: 0, cancelled: 0 };
const every = (milliseconds, response, work) => {
    const timer = setInterval(work, milliseconds);
    response.on('close', () => clearInterval(timer));
    return timer;
};

const routes = {
    '/stats': (request, response) => response.end(JSON.stringify(counts)),
    '/echo': async (request, response) => {
        let body = '';
        for await (const chunk of request) body += chunk;
        const { method, httpVersion, headers } = request;
        response.setHeader('X-Twice', ['1', '2']);
        response.end(JSON.stringify({ method, httpVersion, headers, body }));
    },
    '/early': (request, response) => {
        response.stream.additionalHeaders({ ':status': 103, link: '</x>' });
        response.end('late');
    },
    '/stream': (request, response) => {
        let left = 5;
        const timer = every(5, response, () => {
            response.write(`piece ${left};`);
            if (--left === 0) {
                clearInterval(timer);
                response.end();
            }
        });
    },
    '/forever': (request, response) => {
        response.on('close', () => (counts.cancelled += 1));
        response.write('first');
        every(5, response, () => response.write('more'));
    },
    '/large': (request, response) => response.end(Buffer.alloc(3_000_000, 'x')),
    '/truncated-quietly': (request, response) => {
        response.stream.write('x'.repeat(5000), () => setTimeout(() => response.stream.destroy(), 20));
    },
    '/truncated-loudly': (request, response) => {
        response.stream.on('error', () => {});
        response.stream.write('x'.repeat(5000), () => setTimeout(() => response.stream.destroy(new Error('x')), 20));
    },
    '/hang': () => {},
};

server.on('session', () => (counts.sessions += 1));
server.on('request', (request, response) => {
    const route = routes[request.url];
    if (route) return route(request, response);
    response.statusCode = 404;
    response.end('nothing here');
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
