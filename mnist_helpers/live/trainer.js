/** What trains: in a worker, or on the page where there can be no worker.

    Like makeEngine it is complete in itself, since a worker is made of its text. It answers to
    messages, and sends others; `Trainer` is who it talks to.

    @param {function} makeEngine
    @param {function(object, Transferable[])} send
    @param {number} slice  milliseconds of work, after which messages are looked at
    @param {number} rest   milliseconds between two slices
    @returns {function(object)} what takes a message */
function makeLoop(makeEngine, send, slice, rest) {
  const INTERVAL = 100; // milliseconds between reports, at least
  const SHARE = 5; // evaluating takes at most about this part of the time

  let network, data, options, settings;
  let work, driving, held, due; // held: the page is hidden; due: a turn is on its way
  let life; // which reset it lives by
  let batches, goal, command; // goal: the count of batches at which to rest; command: who set it
  let order, sum; // of this epoch; of what was trained since the last report, or in the epoch
  let told; // the count of batches at the last report, null before any
  let reported = -Infinity, interval = INTERVAL; // when that was; until the next; in milliseconds
  let sent; // when weights were last sent
  let busy, since; // milliseconds of work before this slice; when it began
  let paceStart, paceBatches; // from where the pace is counted

  const perEpoch = () => Math.ceil((options.images ?? data.train) / options.batch);

  function reset(changes) {
    options = { ...options, ...changes };
    network.reset(options);
    batches = goal = busy = 0;
    told = null;
    sent = -Infinity;
    sum = { loss: 0, right: 0, images: 0, milliseconds: 0 };
    work = pieces();
    drive(); // to the goal, which is here: a first report
  }

  /** All that is to do, in pieces of a moment each; one that yields true has nothing to do yet. */
  function* pieces() {
    for (;;) {
      const resting = batches >= goal;
      if (told === null || (resting && told !== batches)) {
        while (performance.now() < reported + INTERVAL) yield true;
        yield* report();
      } else if (resting) {
        driving = false;
        send({ type: "rest", command });
        yield;
      } else if (ahead()) {
        yield true;
      } else {
        train();
        const passed = performance.now() - reported;
        const ended = batches % perEpoch() === 0;
        // at the end of an epoch, if there is one soon
        if (ended && settings.everyEpoch) yield* report();
        else if (passed > (ended ? interval : 2 * interval)) yield* report();
        yield;
      }
    }
  }

  /** Has more been trained than settings.speed, in epochs a second, allows by now? */
  function ahead() {
    const seconds = (performance.now() - paceStart) / 1000;
    return batches - paceBatches > seconds * settings.speed * perEpoch();
  }

  function train() {
    const place = batches % perEpoch();
    if (place === 0) order = network.nextOrder();
    const rows = order.subarray(place * options.batch, (place + 1) * options.batch);
    const start = performance.now();
    const { loss, right } = network.trainBatch(rows);
    sum.milliseconds += performance.now() - start;
    sum.loss += loss * rows.length;
    sum.right += right;
    sum.images += rows.length;
    batches++;
  }

  function* report() {
    const start = performance.now();
    const message = { type: "report", life, epoch: batches / perEpoch(), batches, heldOut: null };
    const ended = batches % perEpoch() === 0;
    if (data.train < data.labels.length) message.heldOut = yield* network.evaluating();
    if (ended && settings.everyEpoch) {
      message.after = yield* network.evaluating(0, options.images ?? data.train);
    }
    const { loss, right, images, milliseconds } = sum;
    message.training = images ? { loss: loss / images, accuracy: right / images } : null;
    message.imagesPerSecond = milliseconds ? (1000 * images) / milliseconds : null;
    message.seconds = (busy + performance.now() - since) / 1000;
    if (settings.weights && (batches >= goal || performance.now() > sent + INTERVAL)) {
      sent = performance.now();
      message.weights = network.weights().slice(0, settings.weights === "first" ? 1 : undefined);
    }
    send(message, message.weights?.map((array) => array.buffer) ?? []);
    if (ended || !settings.everyEpoch) sum = { loss: 0, right: 0, images: 0, milliseconds: 0 };
    told = message.weights || !settings.weights ? batches : -1; // at a pause they still come
    reported = performance.now();
    if (!message.after) interval = Math.max(INTERVAL, SHARE * (reported - start));
  }

  /** Work for one slice, and so on, until the goal is reached. */
  function drive() {
    setPace();
    driving = true;
    later(0);
  }

  function setPace() {
    paceStart = performance.now();
    paceBatches = batches;
  }

  function turn() {
    due = false;
    since = performance.now();
    const end = since + slice;
    let idle = false;
    try {
      while (driving && !held && !idle && performance.now() < end) idle = work.next().value;
    } catch (error) {
      driving = false;
      send({ type: "error", message: error.message });
    }
    busy += performance.now() - since;
    if (driving && !held) later(idle ? 10 : rest);
  }

  // a timer alone would make it wait 4 ms each time; a message does not
  const channel = new MessageChannel();
  channel.port1.onmessage = turn;

  function later(wait) {
    if (due) return;
    due = true;
    if (wait) setTimeout(turn, wait);
    else channel.port2.postMessage(null);
  }

  const answers = {
    async start(message) {
      ({ data, settings, life } = message);
      data.train ??= data.labels.length;
      options = { batch: 32, ...message.options };
      const { Network, kind } = await makeEngine(message.wasm);
      network = new Network(options, data);
      send({ type: "engine", kind });
      reset();
    },
    reset(message) {
      life = message.life;
      reset(message.options);
    },
    run({ epochs, steps, ...message }) {
      command = message.command;
      goal = steps ? batches + steps : (Math.floor(batches / perEpoch()) + epochs) * perEpoch();
      drive();
    },
    pause(message) {
      command = message.command;
      goal = batches;
    },
    hold(message) {
      held = message.held;
      if (!held && driving) drive();
    },
    set(message) {
      Object.assign(settings, message.settings);
      for (const name of ["rate", "momentum"]) {
        if (name in message.settings) network[name] = options[name] = message.settings[name];
      }
      setPace();
    },
    ask({ id, method, input }) {
      send({ type: "answer", id, value: network[method](...input) });
    },
    end() {
      driving = false;
      channel.port1.close();
    },
  };

  let queue = Promise.resolve(); // the engine takes a moment to start; messages keep their order
  return (message) => {
    queue = queue
      .then(() => answers[message.type](message))
      .catch((error) => send({ type: "error", id: message.id, message: error.message }));
  };
}

/** Trains a network for a figure, without ever holding up the page.

    The work is done by a worker that is made of this script's own text, so that it also starts on a
    page from a disk; where there can be none, it is done on the page, in small slices. It rests
    while the page is hidden, and pauses when another Trainer on the page runs.

    @param {object} options
      makeEngine  the function of engine.js
      wasm        engine.wasm in base64; without it plain JavaScript computes
      data        as Network has them: {pixels or inputs, labels, train}; or a function that gives
                  them, or a promise of them, and is called when they are first needed
      network     the options of Network
      speed       epochs a second; Infinity, by default, for as fast as it goes
      weights     which of them come with a report, ten times a second at most: "first" (the first
                  layer's kernel), "all", or null (by default) for none
      everyEpoch  a report at the end of each epoch, however short, that also has `after`, {loss,
                  accuracy, confusion} of the training images; `training` is then the mean since
                  the epoch began
      root        an element; when it has left the page, the training ends
      onReport    called with a report about ten times a second at most, first before any training
                  and last at each pause: {epoch, batches, training, heldOut, imagesPerSecond,
                  seconds, weights}. training is {loss, accuracy} since the last report, or null;
                  heldOut is {loss, accuracy, confusion}, or null without held-out rows; seconds
                  are those of computing; weights are flat, ordered as Keras has them
      onState     called with "running" or "paused" whenever that changes
      onError     called with an Error; by default it goes to the console */
class Trainer {
  state = "paused";
  kind = null; // "wasm" or "javascript", once it has started
  #options;
  #loop = null; // {send, end}
  #asked = new Map(); // id of a question -> {resolve, reject}
  #counter = 0;
  #command = 0; // the last run or pause: the end of an older one changes nothing
  #life = 0; // the last reset: reports from before are dropped

  constructor(options) {
    this.#options = { speed: Infinity, weights: null, onError: console.error, ...options };
    this.#options.network = { ...options.network };
  }

  /** Start the worker and get a first report, without training. run() and step() do so, too. */
  prepare() {
    this.#loop ??= this.#start();
  }

  /** Train; if `epochs` is given, until as many are complete, counting the one begun. */
  run({ epochs = Infinity } = {}) {
    this.#go({ epochs });
  }

  /** Train one "batch", or to the end of the "epoch". */
  step(what = "batch") {
    this.#go(what === "batch" ? { steps: 1 } : { epochs: 1 });
  }

  pause() {
    if (this.state === "paused") return;
    this.#command = ++this.#counter;
    this.#send({ type: "pause", command: this.#command });
    this.#setState("paused");
  }

  /** Begin again at the first weights, with some of Network's options changed; paused. */
  reset(changes = {}) {
    Object.assign(this.#options.network, changes);
    this.#life = this.#command = ++this.#counter;
    if (this.#loop) this.#send({ type: "reset", life: this.#life, options: changes });
    this.#setState("paused");
  }

  /** Change rate, momentum, speed, or weights, while it trains or not. */
  set(changes) {
    for (const [name, value] of Object.entries(changes)) {
      (name in this.#options ? this.#options : this.#options.network)[name] = value;
    }
    if (this.#loop) this.#send({ type: "set", settings: changes });
  }

  /** Other data, such as the reader's own, and what else changes with them; begins again. */
  setData(data, changes = {}) {
    this.stop();
    this.#options.data = data;
    Object.assign(this.#options.network, changes);
  }

  /** Promises of what Network's methods of these names return. */
  weights = () => this.#ask("weights");
  layers = () => this.#ask("layers");
  outputs = (input) => this.#ask("outputs", input);
  evaluate = (from, to) => this.#ask("evaluate", from, to);

  /** End the worker. run() would begin anew. */
  stop() {
    this.#loop?.end();
    this.#loop = null;
    for (const { reject } of this.#asked.values()) reject(new Error("the training was stopped"));
    this.#asked.clear();
    this.#setState("paused");
  }

  #go(goal) {
    document.dispatchEvent(new CustomEvent("live-training", { detail: this }));
    this.#command = ++this.#counter;
    this.#send({ type: "run", command: this.#command, ...goal });
    this.#setState("running");
  }

  #ask(method, ...input) {
    const id = ++this.#counter;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.#send({ type: "ask", id, method, input });
    });
  }

  #send(message) {
    this.prepare();
    this.#loop.send(message);
  }

  #setState(state) {
    if (this.state === state) return;
    this.state = state;
    this.#options.onState?.(state);
  }

  /** The loop; what it is sent waits for the worker and the data. */
  #start() {
    const { makeEngine, wasm, network, speed, weights, everyEpoch } = this.#options;
    const waiting = [];
    const listening = new AbortController();
    const loop = { send: (message) => waiting.push(message), end: () => listening.abort() };
    const receive = (message) => this.#loop === loop && this.#receive(message);
    const getData = async () => {
      const { data } = this.#options;
      return typeof data === "function" ? data() : data;
    };

    const listen = (name, react) => document.addEventListener(name, react, listening);
    listen("visibilitychange", () => loop.send({ type: "hold", held: document.hidden }));
    listen("live-training", (event) => event.detail !== this && this.pause());

    Promise.all([connect(makeEngine, receive), getData()]).then(
      ([{ send, end }, data]) => {
        if (this.#loop !== loop) return end();
        const settings = { speed, weights, everyEpoch };
        send({ type: "start", wasm, data, options: { ...network }, settings, life: this.#life });
        send({ type: "hold", held: document.hidden });
        waiting.forEach(send);
        loop.send = send;
        loop.end = () => [listening.abort(), end()];
      },
      (error) => receive({ type: "error", message: error.message }),
    );
    return loop;
  }

  #receive(message) {
    const { type, id, command, life, ...content } = message;
    const { root, onReport, onError } = this.#options;
    if (type === "report" && root && !root.isConnected) this.stop();
    else if (type === "report" && life === this.#life) onReport?.(content);
    else if (type === "rest" && command === this.#command) this.#setState("paused");
    else if (type === "engine") this.kind = content.kind;
    else if (type === "answer") this.#settle(id, "resolve", content.value);
    else if (type === "error" && id) this.#settle(id, "reject", new Error(content.message));
    else if (type === "error") {
      this.stop();
      onError(new Error(content.message));
    }
  }

  #settle(id, how, value) {
    this.#asked.get(id)?.[how](value);
    this.#asked.delete(id);
  }
}

/** Start makeLoop in a worker, or else on the page: a promise of {send, end}. */
function connect(makeEngine, receive) {
  const onPage = () => {
    // in a task of its own, so that an error of the figure's is not one of the loop's
    const loop = makeLoop(makeEngine, (message) => queueMicrotask(() => receive(message)), 8, 8);
    return { send: loop, end: () => loop({ type: "end" }) };
  };
  const text = `"use strict";
const send = (message, transfer) => postMessage(message, transfer);
const loop = (${makeLoop})(${makeEngine}, send, 20, 0);
onmessage = (event) => loop(event.data);
postMessage({ type: "ready" });`;
  return new Promise((resolve) => {
    try {
      const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
      const worker = new Worker(url);
      worker.onmessage = ({ data }) => {
        if (data.type !== "ready") return receive(data);
        URL.revokeObjectURL(url);
        worker.onerror = (event) => receive({ type: "error", message: event.message });
        resolve({ send: (message) => worker.postMessage(message), end: () => worker.terminate() });
      };
      worker.onerror = (event) => {
        event.preventDefault(); // a page's security policy may forbid workers, and that is no fault
        worker.terminate();
        resolve(onPage());
      };
    } catch {
      resolve(onPage());
    }
  });
}
