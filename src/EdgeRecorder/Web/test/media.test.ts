import { describe, expect, it } from 'vitest';
import { boxes, decodeTimes, sampleEntries, timeScales } from '../src/media/boxes';
import { videoCodecOf, videoCodecOfEntry } from '../src/media/codecs';
import { farBehind, kept, steer } from '../src/media/edge';
import { instantAt, placeOf } from '../src/media/place';
import { readPrft } from '../src/media/prft';

/** A box of a type and its payload. */
function box(type: string, ...payload: (number[] | Uint8Array)[]): Uint8Array {
    const body = payload.flatMap(p => [...p]);
    const size = 8 + body.length;
    return Uint8Array.from([size >>> 24, size >>> 16 & 255, size >>> 8 & 255, size & 255, ...[...type].map(c => c.charCodeAt(0)), ...body]);
}

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const u32 = (n: number) => [n >>> 24 & 255, n >>> 16 & 255, n >>> 8 & 255, n & 255];

// 2026-01-31T12:00:00.5Z is 3 978 936 000.5 s after 1900.
const seconds = 3_978_849_600 + 86_400;
const prft1 = box('prft', [1, 0, 0, 24], u32(1), u32(seconds), u32(0x8000_0000), u32(0), u32(900_000));
const prft0 = box('prft', [0, 0, 0, 24], u32(1), u32(seconds), u32(0x8000_0000), u32(900_000));
const wall = Date.UTC(1900, 0, 1) + seconds * 1000 + 500;

describe('the producer reference time', () => {
    it('is read in both versions', () => {
        for (const bytes of [prft0, prft1])
            expect(readPrft(view(Uint8Array.from([...bytes, ...box('moof')])))).toEqual({ track: 1, mediaTime: 900_000, wallMs: wall });
    });

    it('is none where it is missing, stands behind the fragment, or is cut off', () => {
        expect(readPrft(view(box('moof')))).toBeNull();
        expect(readPrft(view(Uint8Array.from([...box('moof'), ...prft1])))).toBeNull();
        for (let length = 0; length < prft1.length; length++)
            expect(readPrft(view(prft1.slice(0, length)))).toBeNull();
        expect(readPrft(view(box('prft', [1, 0, 0, 0], u32(1), u32(seconds))))).toBeNull();
    });
});

describe('boxes', () => {
    it('end where one does not fit', () => {
        const bytes = Uint8Array.from([...box('free', [1, 2, 3]), ...u32(100), ...u32(0)]);
        expect([...boxes(view(bytes))].map(b => [b.type, b.start, b.end])).toEqual([['free', 8, 11]]);
        expect([...boxes(view(Uint8Array.from([0, 0, 0, 4, 1, 2, 3, 4, 0, 0, 0, 0])))]).toEqual([]);
    });

    it('tell the time scale of each track', () => {
        const trak = (id: number, scale: number, version: number) => box('trak',
            box('tkhd', [version, 0, 0, 0], ...Array.from({ length: version === 1 ? 4 : 2 }, () => u32(7)), u32(id)),
            box('mdia', box('mdhd', [version, 0, 0, 0], ...Array.from({ length: version === 1 ? 4 : 2 }, () => u32(7)), u32(scale))));
        const init = Uint8Array.from([...box('ftyp'), ...box('moov', box('mvhd'), trak(1, 90_000, 0), trak(2, 32_000, 1))]);
        expect([...timeScales(view(init))]).toEqual([[1, 90_000], [2, 32_000]]);
    });

    it('tell where each track of a fragment begins', () => {
        const traf = (id: number, ...time: number[]) => box('traf', box('tfhd', [0, 2, 0, 0], u32(id)), box('tfdt', ...[[time.length === 2 ? 1 : 0, 0, 0, 0], ...time.map(u32)]), box('trun'));
        const fragment = Uint8Array.from([...prft1, ...box('moof', box('mfhd', u32(0), u32(1)), traf(1, 1, 5), traf(2, 77)), ...box('mdat', [1, 2, 3]), ...box('moof', traf(1, 0, 9))]);
        expect([...decodeTimes(view(fragment))]).toEqual([[1, 2 ** 32 + 5], [2, 77]]);
        for (let length = 0; length < fragment.length; length++)
            expect([0, 2]).toContain(decodeTimes(view(fragment.slice(0, length))).size);
        expect(decodeTimes(view(box('moof', box('traf', box('tfhd', u32(0)), box('tfdt', u32(0), u32(0))))))).toEqual(new Map());
    });

    it('tell what each track holds', () => {
        const trak = (...entries: Uint8Array[]) => box('trak', box('tkhd'), box('mdia', box('minf', box('stbl', box('stsd', [0, 0, 0, 0], u32(entries.length), ...entries)))));
        const init = Uint8Array.from([...box('ftyp'), ...box('moov', box('mvhd'), trak(box('hev1', [0, 0])), trak(box('mp4a')), trak(), box('trak'))]);
        expect(sampleEntries(view(init))).toEqual(['hev1', 'mp4a']);
        for (let length = 0; length < init.length; length++)
            expect(sampleEntries(view(init.slice(0, length)))).toEqual([]);
    });
});

describe('codecs', () => {
    it('of a sample entry are those of video', () => {
        expect(['avc1', 'avc3', 'hvc1', 'hev1', 'mp4a', 'alaw'].map(videoCodecOfEntry)).toEqual(['h264', 'h264', 'h265', 'h265', undefined, undefined]);
    });
});

describe('codecs of a MIME type', () => {
    it('tell which video it is', () => {
        expect(videoCodecOf('video/mp4; codecs="hev1.1.6.L93.B0"')).toBe('H.265');
        expect(videoCodecOf('video/mp4; codecs="mp4a.40.2, avc3.64001F"')).toBe('H.264');
    });
});

describe('the live edge', () => {
    it('is left alone while little is spare, and neared gently while more is', () => {
        expect(steer({ ahead: 0.9, spare: 0.1 }, kept.normal)).toEqual({ rate: 1, jump: 0 });
        expect(steer({ ahead: 1.3, spare: 0.5 }, kept.normal).rate).toBeGreaterThan(1);
        expect(steer({ ahead: 2.5, spare: 1.5 }, kept.normal).rate).toBeGreaterThan(steer({ ahead: 1.3, spare: 0.5 }, kept.normal).rate);
    });

    it('is jumped to from far behind', () => {
        expect(steer({ ahead: farBehind + 5, spare: 0 }, kept.normal)).toEqual({ rate: 1, jump: farBehind + 5 - kept.normal });
    });
});

describe('places in a playlist', () => {
    // Two runs with a minute of nothing between them; media time goes on.
    const list = [{ start: 0, duration: 2, programDateTime: 1000_000 }, { start: 2, duration: 2, programDateTime: 1002_000 }, { start: 4, duration: 2, programDateTime: 1064_000 }];

    it('show the instant asked for, or the next one that was recorded', () => {
        expect(placeOf(list, 1003_500)).toBeCloseTo(3.5);
        expect(placeOf(list, 1030_000)).toBe(4);
        expect(placeOf(list, 900_000)).toBe(0);
        expect(placeOf(list, 1066_000)).toBeNull();
        expect(placeOf([], 1)).toBeNull();
    });

    it('tell when they were recorded', () => {
        expect(instantAt(list, 3.5)).toBe(1003_500);
        expect(instantAt(list, 4)).toBe(1064_000);
        expect(instantAt(list, 60)).toBeNull();
        expect(instantAt([], 0)).toBeNull();
    });
});
