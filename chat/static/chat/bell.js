// A soft bell of two tones. Browsers allow sound only after somebody did something on the page: ticking the box is that.

const TONES = [659, 880]; // hertz
const LENGTH = 0.35; // seconds a tone
const LOUDNESS = 0.15; // of 1

export class Bell {
  static get isPossible() {
    return "AudioContext" in window;
  }

  /** `box` switches it on, and lets it be heard once. */
  constructor(box) {
    this.box = box;
    this.audio = null;
    box.addEventListener("change", () => this.ring());
  }

  /** Ring if the box is ticked; resolves when it has rung, or at once. */
  async ring() {
    if (!this.box.checked || !Bell.isPossible) return;
    this.audio ??= new AudioContext();
    await Promise.race([this.audio.resume(), pause(LENGTH)]);
    if (this.audio.state !== "running") return;
    TONES.forEach((tone, place) => this.play(tone, this.audio.currentTime + place * LENGTH));
    await pause(TONES.length * LENGTH);
  }

  play(tone, at) {
    const wave = new OscillatorNode(this.audio, { frequency: tone });
    const volume = new GainNode(this.audio, { gain: 0 });
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(LOUDNESS, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, at + LENGTH);
    wave.connect(volume).connect(this.audio.destination);
    wave.start(at);
    wave.stop(at + LENGTH);
  }
}

function pause(seconds) {
  return new Promise((done) => setTimeout(done, seconds * 1000));
}
