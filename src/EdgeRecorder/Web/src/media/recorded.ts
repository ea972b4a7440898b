import type { Fragment, FragmentLoaderConstructor } from 'hls.js';
import type Hls from 'hls.js/light';
import { pageHeaders } from '../api/client';
import type { StreamName } from '../api/types';
import { decodeTimes, sampleEntries, timeScales } from './boxes';
import { browserHas, codecName, videoCodecOf, videoCodecOfEntry } from './codecs';
import { loadHls, tellsAll } from './hls';
import { instantAt, placeOf, type Stretch } from './place';
import { ringLoader } from './ringLoader';

export interface RecordedEvents {
    /** The media that was loaded has been played. */
    ended(): void;
    /** The footage could not be had; `status` is the recorder's answer, 0 without one. */
    failed(status: number, why: string): void;
    unsupported(codec: string): void;
    /** The footage is so new that it is not listed yet; or it is now. */
    awaited(on: boolean): void;
    /** The element has another source now; whether it plays has to be said anew. */
    attached(): void;
}

const before = 20_000;                                      // ms loaded before the instant, for stepping back
const behind = 30 * 60_000;                                 // and after it; what follows is another list
const settled = 0.005;                                      // seconds
const againMs = 1000;
const mostWaitMs = 15_000;                                  // what a camera sent last is listed when nothing followed for 6 s

/** Footage of the ring in a video element, by instants of the wall clock. */
export class RecordedPlayer {
    private hls: Hls | undefined;
    private fragments: readonly Fragment[] = [];
    private stretches: readonly Stretch[] = [];             // the fragments, where their pictures lie in the buffer
    private readonly video0 = new Map<string, number>();    // seconds of media time at which a fragment's pictures begin, by its address
    private readonly tracks = new Map<string, { id: number; scale: number }>(); // of pictures, by the address of the init segment
    private readonly origins = new Map<number, number>();   // seconds of media time that hls.js shows at 0, by discontinuity
    private entries = '';                                   // what the tracks of the buffer hold; a buffer keeps its tracks
    private isCut = false;                                  // the buffer ends where another begins
    private cut = () => {};                                 // nothing more comes into this buffer
    private wanted: number | null = null;
    private closed = false;
    private opening = 0;
    private again: number | undefined;
    private waitedMs = 0;

    constructor(private readonly video: HTMLVideoElement, private readonly channel: string, private readonly stream: StreamName, private readonly events: RecordedEvents) {
        video.addEventListener('ended', this.onEnded);
    }

    /** When the picture on the screen was recorded. */
    get instant(): number | null {
        return this.wanted ?? instantAt(this.stretches, this.video.currentTime);
    }

    /** Shows the picture recorded at `instant`. */
    seek(instant: number): void {
        this.wanted = instant;
        const place = placeOf(this.stretches, instant);
        const first = this.stretches[0]?.programDateTime ?? null;
        if (this.hls && !this.isCut && place !== null && first !== null && instant >= first - 1000) {
            this.video.currentTime = place;
            this.settle();
        } else {
            this.anew(instant);
        }
    }

    private anew(instant: number, waitedMs = 0): void {
        this.wanted = instant;
        this.waitedMs = waitedMs;
        this.open(instant).catch((fault: unknown) => this.events.failed(0, String(fault)));
    }

    close(): void {
        this.closed = true;
        this.video.removeEventListener('ended', this.onEnded);
        this.drop();
    }

    /** What was loaded; the next wish loads anew. */
    private drop(): void {
        window.clearTimeout(this.again);
        this.hls?.destroy();
        this.hls = undefined;
        this.fragments = this.stretches = [];
        [this.video0, this.tracks, this.origins].forEach(known => known.clear());
        this.entries = '';
        this.isCut = false;
    }

    private readonly onEnded = () => this.events.ended();

    private async open(instant: number): Promise<void> {
        const mine = ++this.opening;
        this.drop();
        const { default: Hls, Events, ErrorDetails } = await loadHls();
        if (this.closed || mine !== this.opening)
            return;
        const hls = new Hls({
            debug: tellsAll,
            enableWorker: false,                            // as in live
            autoStartLoad: false,                           // the place is known once the list is here
            backBufferLength: 30,
            maxBufferLength: 20,
            fLoader: ringLoader(Hls.DefaultConfig.loader as FragmentLoaderConstructor, {
                mayUse: (init, of) => this.mayUse(init, of),
                came: (media, of) => this.came(media, of),
                overwritten: () => this.later(() => this.fail(410, 'overwritten')),
            }),
            xhrSetup: request => Object.entries(pageHeaders).forEach(([name, value]) => request.setRequestHeader(name, value)),
        });
        this.hls = hls;
        this.cut = () => {
            this.isCut = true;
            hls.stopLoad();
            hls.trigger(Events.BUFFER_EOS, {});
        };
        hls.on(Events.LEVEL_UPDATED, (_, { details }) => this.lay(details.fragments));
        hls.on(Events.INIT_PTS_FOUND, (_, { frag, initPTS, timescale }) => this.origins.set(frag.cc, initPTS / timescale));
        hls.once(Events.LEVEL_LOADED, (_, { details }) => {
            this.lay(details.fragments);
            const place = placeOf(this.stretches, this.wanted ?? instant);
            if (place === null && details.live && this.waitedMs < mostWaitMs)
                this.later(() => this.wait(instant));
            else
                hls.startLoad(place ?? this.stretches.at(-1)?.start ?? 0);
        });
        hls.on(Events.MEDIA_ATTACHED, () => this.events.attached());
        hls.on(Events.FRAG_BUFFERED, () => {
            this.lay(this.fragments);
            this.settle();
        });
        hls.on(Events.ERROR, (_, fault) => {
            if (fault.details === ErrorDetails.BUFFER_ADD_CODEC_ERROR || fault.details === ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR) {
                this.lack(videoCodecOf(fault.mimeType ?? hls.levels[0]?.videoCodec ?? ''));
            } else if (fault.fatal) {
                this.fail(fault.response?.code ?? 0, fault.details);
            }
        });
        hls.attachMedia(this.video);
        hls.loadSource(`/api/v1/channels/${encodeURIComponent(this.channel)}/playback.m3u8?stream=${this.stream}&from=${new Date(instant - before).toISOString()}&to=${new Date(instant + behind).toISOString()}`);
    }

    /**
     * Dates are those of pictures. hls.js takes the track that begins first, which may be the sound, for where a fragment begins: pictures then lie as much behind, and where it says they are
     * others are shown. Both tracks' times stand in the media itself.
     */
    private lay(fragments: readonly Fragment[]): void {
        this.fragments = fragments;
        this.stretches = fragments.map(({ start, duration, programDateTime, url, cc }) => {
            const [video, origin] = [this.video0.get(url), this.origins.get(cc)];
            return { start: video === undefined || origin === undefined ? start : video - origin, duration, programDateTime };
        });
    }

    private came(media: DataView, of: Fragment): void {
        const track = this.tracks.get(of.initSegment?.url ?? '');
        const time = track && decodeTimes(media).get(track.id);
        if (track && time !== undefined)
            this.video0.set(of.url, time / track.scale);
    }

    /**
     * Whether what has this init segment goes into the buffer. Another codec, sound that begins or ends, are another buffer: this one is played to its end, and the page asks for what
     * follows; or it is given up, when the instant that is wanted lies in the other.
     */
    private mayUse(init: DataView, of: Fragment): boolean {
        const entries = sampleEntries(init);
        const track = [...timeScales(init)][entries.findIndex(entry => videoCodecOfEntry(entry) !== undefined)];
        if (track)
            this.tracks.set(of.url, { id: track[0], scale: track[1] });
        const missing = entries.map(videoCodecOfEntry).find(codec => codec !== undefined && !browserHas(codec));
        const kind = entries.map(entry => videoCodecOfEntry(entry) ?? entry).join(' ');
        this.entries ||= missing ? '' : kind;
        if (!missing && kind === this.entries)
            return true;
        const at = this.instant;
        const here = at === null ? undefined : this.fragments.find(({ programDateTime, duration }) => programDateTime !== null && at < programDateTime + duration * 1000);
        this.later(() => {
            if (here?.initSegment?.url !== of.url)
                this.cut();
            else if (missing)
                this.lack(codecName(missing));
            else if (at !== null)
                this.anew(at);
        });
        return false;
    }

    /** Not while hls.js is in the middle of something; and not when it has been dropped meanwhile. */
    private later(what: () => void): void {
        const asked = this.hls;
        queueMicrotask(() => {
            if (asked && this.hls === asked)
                what();
        });
    }

    private wait(instant: number): void {
        const waitedMs = this.waitedMs + againMs;
        this.drop();
        this.events.awaited(true);
        this.again = window.setTimeout(() => this.anew(instant, waitedMs), againMs);
    }

    private fail(status: number, why: string): void {
        this.drop();
        this.events.failed(status, why);
    }

    private lack(codec: string): void {
        this.drop();
        this.events.unsupported(codec);
    }

    /** A list tells durations rounded; once the fragment itself is here, its place is known to the tick. */
    private settle(): void {
        if (this.wanted === null)
            return;
        const place = placeOf(this.stretches, this.wanted);
        const ranges = this.video.buffered;
        for (let i = 0; place !== null && i < ranges.length; i++)
            if (ranges.start(i) <= place + settled && place < ranges.end(i)) {
                if (Math.abs(this.video.currentTime - place) > settled)
                    this.video.currentTime = Math.max(place, ranges.start(i));
                this.wanted = null;
                this.events.awaited(false);
                return;
            }
    }
}
