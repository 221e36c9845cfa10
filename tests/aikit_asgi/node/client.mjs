// Runs one scenario of the official OpenAI client against a gateway and prints what it saw as JSON.
// Arguments: the scenario, the gateway's base URL, the model.

import OpenAI from "openai";

const [scenario, baseURL, model] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: "sk-gate", maxRetries: 0 });
const messages = [{ role: "user", content: "Hello there" }];
const tool = {
  type: "function",
  function: {
    name: "get_weather",
    parameters: {
      type: "object",
      properties: { city: { type: "string" }, days: { type: "integer" } },
      required: ["city", "days"],
    },
  },
};

async function failure(promise) {
  try {
    await promise;
    return null;
  } catch (error) {
    return {
      kind: error.constructor.name,
      status: error.status ?? null,
      code: error.code ?? null,
      param: error.param ?? null,
      requestID: typeof error.requestID,
    };
  }
}

const scenarios = {
  async chat() {
    const told = await client.chat.completions.create({ model, messages });
    return { choice: told.choices[0], usage: told.usage, requestId: told._request_id };
  },

  async stream() {
    const stream = await client.chat.completions.create({
      model,
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = "";
    let pieces = 0;
    let last;
    for await (const chunk of stream) {
      const piece = chunk.choices[0]?.delta.content;
      if (piece) {
        text += piece;
        pieces += 1;
      }
      last = chunk;
    }
    return { text, pieces, usage: last.usage };
  },

  async tools() {
    const called = [];
    const runner = client.chat.completions.runTools({
      model,
      messages,
      stream: true,
      tools: [
        {
          ...tool,
          function: {
            ...tool.function,
            parse: JSON.parse,
            function: (given) => {
              called.push(given);
              return "sunny";
            },
          },
        },
      ],
    });
    return { final: await runner.finalContent(), called };
  },

  async parallel() {
    const stream = client.chat.completions.stream({ model, messages, tools: [tool] });
    const message = await stream.finalMessage();
    return message.tool_calls.map((call) => [call.id, JSON.parse(call.function.arguments)]);
  },

  async embeddings() {
    const told = await client.embeddings.create({ model, input: ["a", "b"], dimensions: 4 });
    const plain = await client.embeddings.create({
      model,
      input: ["a", "b"],
      dimensions: 4,
      encoding_format: "float",
    });
    return [told, plain].map((answer) => answer.data.map((row) => row.embedding));
  },

  async models() {
    const ids = [];
    for await (const item of client.models.list()) ids.push(item.id);
    return { ids, one: (await client.models.retrieve(model)).id };
  },

  async errors() {
    const wrong = client.withOptions({ apiKey: "sk-wrong" });
    const ask = (fields) => client.chat.completions.create({ model, messages, ...fields });
    return [
      await failure(wrong.chat.completions.create({ model, messages })),
      await failure(ask({ model: "nobody:x" })),
      await failure(ask({ temperature: "hot" })),
    ];
  },

  async limited() {
    return failure(client.chat.completions.create({ model, messages }));
  },

  async retried() {
    const patient = client.withOptions({ maxRetries: 2 });
    const told = await patient.chat.completions.create({ model, messages });
    return told.choices[0].message.content;
  },

  async broken() {
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    let text = "";
    const error = await failure(
      (async () => {
        for await (const chunk of stream) text += chunk.choices[0].delta.content ?? "";
      })(),
    );
    return { text, error };
  },

  // What happens before the answer begins, and in the middle of it, is told by the server.
  async abort() {
    const controller = new AbortController();
    process.stdin.once("data", () => {
      process.stdout.write(`${JSON.stringify({ aborted: true })}\n`);
      controller.abort();
    });
    const waiting = client.chat.completions.create(
      { model, messages, stream: true },
      { signal: controller.signal },
    );
    const error = await failure(
      (async () => {
        for await (const _ of await waiting);
      })(),
    );
    process.stdin.destroy();
    return { error };
  },
};

process.stdout.write(`${JSON.stringify(await scenarios[scenario]())}\n`);
