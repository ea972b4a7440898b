import { canPlay, hasMediaSource } from './queue';

/** Codec names as people know them. */
const names: Record<string, string> = { h264: 'H.264', h265: 'H.265', aac: 'AAC', g711a: 'G.711 A-law', g711u: 'G.711 µ-law', pcma: 'G.711 A-law', pcmu: 'G.711 µ-law' };

export function codecName(codec: string): string {
    return names[codec.toLowerCase()] ?? codec;
}

export function isVideo(codec: string): boolean {
    return /^h26[45]$/i.test(codec);
}

/** The video codec of a MIME type with codecs, as people know it. */
export function videoCodecOf(mime: string): string {
    return /hvc1|hev1/.test(mime) ? 'H.265' : /avc[13]/.test(mime) ? 'H.264' : mime;
}

/** The codec of a sample entry of video; undefined for others. */
export function videoCodecOfEntry(entry: string): string | undefined {
    return /^(hvc1|hev1)$/.test(entry) ? 'h265' : /^avc[13]$/.test(entry) ? 'h264' : undefined;
}

/** A type that a browser with any decoder of that codec accepts: main profile, a common level. */
const samples: Record<string, string> = { h264: 'video/mp4; codecs="avc1.4d401f"', h265: 'video/mp4; codecs="hev1.1.6.L93.B0"' };

/** False when this browser certainly cannot show it. */
export function browserHas(codec: string): boolean {
    const sample = samples[codec.toLowerCase()];
    return sample === undefined || !hasMediaSource || canPlay(sample);
}
