import { describe, expect, it, vi } from 'vitest';

// The page's modules look at the browser when they are loaded.
vi.hoisted(() => {
    const kept = new Map<string, string>();
    vi.stubGlobal('localStorage', { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value) });
    vi.stubGlobal('navigator', { languages: ['en'] });
    vi.stubGlobal('document', { documentElement: {} });
});

const { en } = await import('../src/text/en');
const { zh } = await import('../src/text/zh');
const { choose } = await import('../src/text/language');
const { bitRate, bytes, duration } = await import('../src/text/format');
const { detailOf, stateText } = await import('../src/text/states');
const { fromInput, toInput } = await import('../src/channel/localTime');
const { ClockOffset } = await import('../src/api/clock');

type Node = string | ((...values: never[]) => string) | { [key: string]: Node };

/** Every text of a catalogue under its path; functions are given marks so that what they say can be compared. */
function texts(node: Node, path = ''): [string, string][] {
    if (typeof node === 'string')
        return [[path, node]];
    if (typeof node === 'function')
        return [[path, (node as (...values: string[]) => string)(...Array.from({ length: node.length }, (_, i) => `<${i}>`))]];
    return Object.entries(node).flatMap(([key, child]) => texts(child, `${path}.${key}`));
}

describe('the catalogue', () => {
    it('says everything in Chinese too, and not in English', () => {
        const [english, chinese] = [new Map(texts(en)), new Map(texts(zh))];
        expect([...chinese.keys()]).toEqual([...english.keys()]);
        for (const [path, says] of chinese)
            if (!/^\.(locale|form\.(tcp|udp|urlHint)|live\.hls)$/.test(path) && !/^[\d<>/ ：–]+$/.test(says))
                expect(says, path).toMatch(/[\u4e00-\u9fff]/);
    });

    it('names every value that is put in', () => {
        const chinese = new Map(texts(zh));
        for (const [path, says] of texts(en))
            for (const value of says.match(/<\d>/g) ?? [])
                expect(chinese.get(path), path).toContain(value);
    });

    it('is chosen by hand, else by the browser', () => {
        expect(choose('zh', ['en'])).toBe('zh');
        expect(choose(null, ['de-DE', 'zh-TW', 'en'])).toBe('zh');
        expect(choose('xx', ['fr'])).toBe('en');
    });
});

describe('states in words', () => {
    const state = { state: 'offline', detail: '401 Unauthorized from camera', since: null, tracks: [], bitrate: 0, lossCount: 0, reconnects: 0, lastFragment: null } as const;

    it('say why a camera is offline', () => {
        expect(stateText({ ...state, tracks: [] }, en)).toBe('Offline: 401 from camera: user or password is wrong');
        expect(detailOf('no media for 5 s', zh)).toContain('5');
        expect(detailOf('connection refused by 10.0.0.1:554', en)).toBe(en.detail.refusedConnection);
    });

    it('leave what they do not know as the recorder said it', () => {
        expect(detailOf('the camera is on fire', zh)).toBe('the camera is on fire');
        expect(stateText({ ...state, state: 'recording', detail: '', tracks: [] }, zh)).toBe(zh.state.recording);
    });
});

describe('figures', () => {
    it('are short', () => {
        expect([0, 999, 1000, 1234567, 5e11, 2.5e12].map(bytes)).toEqual(['0 B', '999 B', '1.0 kB', '1.2 MB', '500 GB', '2.5 TB']);
        expect([64_000, 2_100_000].map(bitRate)).toEqual(['64 kb/s', '2.1 Mb/s']);
        expect([0, 59_000, 3_600_000, 90_061_000].map(ms => duration(ms, en))).toEqual(['0 s', '59 s', '1 h', '1 d 1 h']);
    });

    it('of local time survive the way through an input', () => {
        const noon = new Date(2026, 0, 31, 12, 0, 7).getTime();
        expect(toInput(noon)).toBe('2026-01-31T12:00:07');
        expect(fromInput(toInput(noon))).toBe(noon);
        expect(fromInput('')).toBeNull();
    });
});

describe('the clock of the recorder', () => {
    it('is believed from the quickest answer, and from a newer one after a minute', () => {
        const clock = new ClockOffset();
        expect(clock.add(1000, 1400, 6200)).toBe(false);
        expect(clock.ms).toBe(5000);
        expect(clock.add(2000, 2020, 7020)).toBe(false);
        expect(clock.ms).toBe(5010);
        expect(clock.add(3000, 3900, 8800)).toBe(false);            // slow there, quick back
        expect(clock.ms).toBe(5010);
        expect(clock.add(70_000, 70_400, 75_100)).toBe(false);
        expect(clock.ms).toBe(4900);
    });

    it('is believed at once when it was set', () => {
        const clock = new ClockOffset();
        clock.add(1000, 1010, 181_005);
        expect(clock.add(6000, 6500, 1_800_000_006_250)).toBe(true);
        expect(clock.ms).toBe(1_800_000_000_000);
        expect(clock.add(11_000, 11_010, 1_800_000_011_005)).toBe(false);
    });
});
