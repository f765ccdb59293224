// The life of the wasm module's telemetry: started once, changed by the settings, and never left without any.

export class Telemetry {
  #module;
  #options;
  #settings = null;
  #running = false;

  /** `options` makes init's options of settings; without it they are the settings. */
  constructor(module, options = (settings) => settings) {
    this.#module = module;
    this.#options = options;
  }

  /** Whether getUser, runMain, flush and stats can be called now. */
  get running() {
    return this.#running;
  }

  /** The settings in use. */
  get settings() {
    return this.#settings;
  }

  /** Throws what init throws. */
  start(settings) {
    this.#module.init(this.#options(settings));
    this.#settings = settings;
    this.#running = true;
  }

  /**
   * Starts with these settings; if init refuses them, the previous ones go on. What was queued is sent under the previous ones.
   *
   * Gives `refused`, the Error of init or null, and `undelivered`, a Promise of the Error of shutdown or null: where nobody
   * answers, that takes as long as the export timeout, and nobody should have to wait for it.
   */
  change(settings) {
    const previous = this.#settings;
    const undelivered = this.#stop();
    try {
      this.start(settings);
      return { refused: null, undelivered };
    } catch (refused) {
      if (previous) {
        this.start(previous);
      }
      return { refused, undelivered };
    }
  }

  async #stop() {
    if (!this.#running) {
      return null;
    }
    this.#running = false;
    try {
      await this.#module.shutdown();
      return null;
    } catch (error) {
      return error;
    }
  }
}
