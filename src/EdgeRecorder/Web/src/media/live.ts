import { reachable } from '../api/client';
import type { StreamName } from '../api/types';
import type { Latency } from './edge';
import { LiveHlsPlayer } from './liveHlsPlayer';
import { LiveSocketPlayer } from './liveSocketPlayer';
import { hasMediaSource } from './queue';

/** What is sent of a stream: all that browsers play, or pictures alone. */
export type Tracks = 'browser' | 'video';

/** The query of a live address. */
export function liveQuery(stream: StreamName, tracks: Tracks, pace: Latency): string {
    return `stream=${stream}${tracks === 'video' ? '&tracks=video' : ''}&latency=${pace}`;
}

export type Transport = 'websocket' | 'hls';

export interface LiveEvents {
    /** Pictures move. */
    playing(): void;
    /** It is over; `hadPicture` tells whether it ever worked. */
    ended(why: string, hadPicture: boolean): void;
    /** The browser has no decoder for it. */
    unsupported(codec: string): void;
}

/** One connection that shows live pictures in a video element. */
export interface LiveSource {
    readonly transport: Transport;
    /** Seconds between the picture on the screen and now; null while unknown. */
    readonly latency: number | null;
    readonly skipped: number;
    close(): void;
}

export type LivePhase = 'connecting' | 'playing' | 'reconnecting' | 'unsupported';

export interface LiveView {
    phase: LivePhase;
    transport: Transport | null;
    latency: number | null;
    skipped: number;
    /** The codec that the browser lacks. */
    missing: string | null;
    detail: string;
}

export const nothingYet: LiveView = { phase: 'connecting', transport: null, latency: null, skipped: 0, missing: null, detail: '' };

const socketFailuresBeforeHls = 2;
const backToSocketMs = 60_000;
const longestPauseMs = 5000;
const longestLackMs = 60_000;
const lookEveryMs = 500;

/** Milliseconds before the next attempt: 0.5 s, doubled up to 5 s. */
export function pauseAfter(failures: number): number {
    return Math.min(longestPauseMs, 250 * 2 ** failures);
}

/** Milliseconds before a stream is looked at again whose codec the browser lacked: 0.5 s, doubled up to a minute. */
export function pauseAfterLack(times: number): number {
    return Math.min(longestLackMs, 250 * 2 ** times);
}

/**
 * Live pictures of one stream, whatever happens: over the WebSocket, over HLS where that does not get through, again and again until it is stopped.
 * A WebSocket that fails while the recorder answers other questions is taken for blocked; it is tried again after a minute.
 * A codec that the browser lacks is not for ever either: a camera may be set to another, and what a stream begins with may be its last picture from before that.
 */
export class LivePlayer {
    private source: LiveSource | undefined;
    private view: LiveView = nothingYet;
    private failures = 0;
    private socketFailures = 0;
    private hlsSince = 0;
    private lacks = 0;
    private retry: number | undefined;
    private look: number | undefined;

    /** `lacking` tells whether the recorder knows what the stream comes in, and the browser lacks it: nothing is fetched then. */
    constructor(private readonly video: HTMLVideoElement, private readonly channel: string, private readonly stream: StreamName, private readonly tracks: Tracks, private readonly pace: Latency,
        private readonly lacking: () => boolean, private readonly changed: (view: LiveView) => void) {}

    start(): void {
        if (this.look !== undefined)
            return;
        this.look = window.setInterval(() => this.measure(), lookEveryMs);
        this.connect();
    }

    stop(): void {
        window.clearTimeout(this.retry);
        window.clearInterval(this.look);
        this.look = undefined;
        this.source?.close();
        this.source = undefined;
        this.failures = 0;
        this.view = nothingYet;
    }

    private connect(): void {
        const useHls = !hasMediaSource || (this.socketFailures >= socketFailuresBeforeHls && Date.now() - this.hlsSince < backToSocketMs);
        const Kind = useHls ? LiveHlsPlayer : LiveSocketPlayer;
        this.source = new Kind(this.video, this.channel, liveQuery(this.stream, this.tracks, this.pace), this.pace, {
            playing: () => this.playing(),
            ended: (why, hadPicture) => this.ended(why, hadPicture),
            unsupported: codec => this.lack(codec),
        });
        this.show({ transport: this.source.transport });
    }

    private playing(): void {
        this.cameThrough();
        this.lacks = 0;
        this.show({ phase: 'playing', detail: '' });
    }

    private cameThrough(): void {
        this.failures = 0;
        if (this.source?.transport === 'websocket')
            this.socketFailures = 0;
    }

    private lack(codec: string): void {
        if (this.look === undefined)
            return;
        this.cameThrough();
        this.show({ phase: 'unsupported', missing: codec, latency: null });
        this.retry = window.setTimeout(() => this.lookAgain(codec), pauseAfterLack(++this.lacks));
    }

    private lookAgain(codec: string): void {
        if (this.lacking())
            this.lack(codec);
        else
            this.connect();
    }

    private ended(why: string, hadPicture: boolean): void {
        if (this.look === undefined)
            return;
        if (this.source?.transport === 'websocket' && !hadPicture && reachable.peek() && ++this.socketFailures >= socketFailuresBeforeHls)
            this.hlsSince = Date.now();
        this.failures++;
        this.show({ phase: hadPicture || this.view.phase === 'reconnecting' ? 'reconnecting' : 'connecting', detail: why, latency: null });
        this.retry = window.setTimeout(() => this.connect(), pauseAfter(this.failures));
    }

    private measure(): void {
        if (this.view.phase === 'playing' && this.source)
            this.show({ latency: this.source.latency, skipped: this.source.skipped });
    }

    private show(change: Partial<LiveView>): void {
        this.view = { ...this.view, ...change };
        this.changed(this.view);
    }
}
