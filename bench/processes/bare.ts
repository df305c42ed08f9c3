import type { AddressInfo } from 'node:net';
import express from 'express';

/** Asked for with a body: an Express application that answers every GET with it, and does nothing else. Answers its port. */
process.once('message', ({ body }: { body: string }) => {
  const app = express();
  app.disable('x-powered-by');
  app.get('/status/:id', (_request, response) => {
    response.setHeader('Content-Type', 'application/json; charset=utf-8');
    response.setHeader('Content-Length', Buffer.byteLength(body));
    response.end(body);
  });
  const server = app.listen(0, '127.0.0.1', () => process.send!({ port: (server.address() as AddressInfo).port }));
});
process.on('disconnect', () => process.exit());
