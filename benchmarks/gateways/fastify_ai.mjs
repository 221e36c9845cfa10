// The engine of ai-warp, @platformatic/fastify-ai, with one route in its own form of prompts.
// It takes no address for OpenAI, so the client inside it is made here. Run it in the folder of
// the node modules: node fastify_ai.mjs PORT MODEL…
import fastify from 'fastify'
import { ai } from '@platformatic/fastify-ai'
import { createOpenAiClient } from './node_modules/@platformatic/ai-provider/dist/providers/lib/openai-undici-client.js'

const [port, ...models] = process.argv.slice(2)
const client = createOpenAiClient({
  providerName: 'OpenAI',
  apiKey: 'sk-test',
  baseUrl: process.env.UPSTREAM,
  apiPath: '/v1/chat/completions',
  userAgent: 'benchmark',
  undiciOptions: {},
})
const rate = { max: 1e9, timeWindow: '1m' }
const app = fastify({ logger: false })
await app.register(ai, {
  providers: { openai: { apiKey: 'sk-test', client } },
  models: models.map((model) => ({ provider: 'openai', model, limits: { maxTokens: 256, rate } })),
  limits: { rate },
})
app.post('/chat', async (request, reply) => {
  const { prompt, system, model, stream } = request.body
  const question = { request, prompt, models: [`openai:${model}`], context: system, stream: !!stream }
  return await app.ai.request({ ...question, temperature: 0.5 }, reply)
})
await app.listen({ port: Number(port), host: '127.0.0.1' })
