import { boxNow } from '../api/clock';
import { timeScales } from './boxes';
import { videoCodecOf } from './codecs';
import { kept, steer, type Latency } from './edge';
import type { LiveEvents, LiveSource } from './live';
import { readPrft, type ClockPoint } from './prft';
import { canPlay, MediaQueue } from './queue';
import { LiveSocket, type InitNotice } from './socket';

const decideEveryMs = 500;
const mostWaiting = 200;                                    // fragments that a busy page may owe; then it starts anew at the newest picture

/** Live pictures over the WebSocket into Media Source Extensions. */
export class LiveSocketPlayer implements LiveSource {
    readonly transport = 'websocket';
    private readonly socket: LiveSocket;
    private queue: MediaQueue | undefined;
    private scales = new Map<number, number>();
    private point: ClockPoint | null = null;
    private started = false;
    private spare = Infinity;
    private skippedCount = 0;
    private readonly decisions: number;

    constructor(private readonly video: HTMLVideoElement, channel: string, query: string, private readonly pace: Latency, private readonly events: LiveEvents) {
        this.socket = new LiveSocket(channel, query, {
            init: (notice, segment) => this.begin(notice, segment),
            fragment: bytes => this.add(bytes),
            skipped: fragments => { this.skippedCount += fragments; },
            closed: reason => this.end(reason || 'closed'),
        });
        this.decisions = window.setInterval(() => this.decide(), decideEveryMs);
    }

    get skipped(): number {
        return this.skippedCount;
    }

    get latency(): number | null {
        const scale = this.point && this.scales.get(this.point.track);
        if (!this.started || !this.point || !scale)
            return null;
        const shown = this.point.wallMs + (this.video.currentTime - this.point.mediaTime / scale) * 1000;
        return (boxNow() - shown) / 1000;
    }

    close(): void {
        window.clearInterval(this.decisions);
        this.socket.close();
        this.queue?.close();
    }

    private begin(notice: InitNotice, segment: ArrayBuffer): void {
        if (!canPlay(notice.mime)) {
            this.close();
            return this.events.unsupported(videoCodecOf(notice.mime));
        }
        this.scales = timeScales(new DataView(segment));
        this.queue?.close();                                // other tracks, or media time that jumps: what is buffered leads nowhere
        this.started = false;
        this.point = null;
        this.queue = new MediaQueue(this.video, notice.mime, () => this.grew(), why => this.end(why));
        this.queue.append(segment);
    }

    private add(bytes: ArrayBuffer): void {
        if (!this.queue)
            return;
        if (this.queue.waiting > mostWaiting)
            return this.end('the page cannot keep up');
        this.point = readPrft(new DataView(bytes)) ?? this.point;
        const end = this.queue.end;
        if (this.started && end !== null)
            this.spare = Math.min(this.spare, end - this.video.currentTime);
        this.queue.append(bytes);
    }

    private grew(): void {
        const [start, end] = [this.queue?.start ?? null, this.queue?.end ?? null];
        if (start === null || end === null)
            return;
        if (!this.started) {
            this.started = true;
            this.video.currentTime = Math.max(start, end - kept[this.pace]);
            this.events.playing();
        } else if (this.video.currentTime < start) {
            this.video.currentTime = start;                 // what was skipped lies behind
        }
        if (this.video.paused)
            this.video.play().catch((fault: unknown) => { if (!isAbort(fault)) this.end(String(fault)); });
    }

    private decide(): void {
        const end = this.queue?.end ?? null;
        if (!this.started || end === null)
            return;
        const ahead = end - this.video.currentTime;
        const { rate, jump } = steer({ ahead, spare: this.spare === Infinity ? 0 : this.spare }, kept[this.pace]);
        if (jump > 0)
            this.video.currentTime += jump;
        if (this.video.playbackRate !== rate)
            this.video.playbackRate = rate;
        this.spare = Infinity;
        this.leap();
    }

    /** A hole in the buffer (skipped fragments) does not end by itself: go to what lies behind it. */
    private leap(): void {
        const ranges = this.video.buffered;
        for (let i = 0; i < ranges.length; i++)
            if (ranges.start(i) > this.video.currentTime && (i === 0 || ranges.end(i - 1) <= this.video.currentTime + 0.1)) {
                this.video.currentTime = ranges.start(i);
                return;
            }
    }

    private end(why: string): void {
        const hadPicture = this.started;
        this.close();
        this.events.ended(why, hadPicture);
    }
}

/** `play()` is refused so when a new source comes in between, which is no fault. */
function isAbort(fault: unknown): boolean {
    return fault instanceof DOMException && fault.name === 'AbortError';
}
