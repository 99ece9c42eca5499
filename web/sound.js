// SPDX-License-Identifier: GPL-3.0-or-later
// A stone on wood: a short burst of noise through a low resonance.  Made here, so that there is nothing to load.

let context = null;

export function knock() {
	try {
		context ||= new AudioContext();
		const length = Math.floor(context.sampleRate * .07), noise = context.createBuffer(1, length, context.sampleRate);
		const data = noise.getChannelData(0);
		for (let i = 0; i < length; i++)
			data[i] = (Math.random() * 2 - 1) * Math.exp(-i / (length / 9));
		const source = new AudioBufferSourceNode(context, {buffer: noise});
		const body = new BiquadFilterNode(context, {type: 'bandpass', frequency: 900 + Math.random() * 120, Q: 2.2});
		source.connect(body).connect(new GainNode(context, {gain: .9})).connect(context.destination);
		source.start();
	} catch {
		// no sound, no harm
	}
}
