import { effect, signal } from '@preact/signals';
import { get, session } from './client';
import { boxClock, clockSettings } from './clock';
import { poll } from './poll';
import type { Channel, Device, Platform, Status, Storage } from './types';

/** What the page knows of the box, asked again while somebody is logged in. Undefined until the first answer. */
export const channels = signal<Channel[] | undefined>(undefined);
export const devices = signal<Device[] | undefined>(undefined);
export const platforms = signal<Platform[] | undefined>(undefined);
export const status = signal<Status | undefined>(undefined);
export const storage = signal<Storage | undefined>(undefined);

const mostChannels = 1000;

export async function refreshChannels(stop?: AbortSignal): Promise<void> {
    channels.value = await get<Channel[]>(`channels?limit=${mostChannels}`, stop);
}

/** It was removed: nothing is to ask for its picture while the next list is under way. */
export function forgetChannel(id: string): void {
    channels.value = channels.value?.filter(channel => channel.id !== id);
}

export async function refreshDevices(stop?: AbortSignal): Promise<void> {
    devices.value = await get<Device[]>(`devices?limit=${mostChannels}`, stop);
}

async function refreshPlatforms(stop?: AbortSignal): Promise<void> {
    platforms.value = await get<Platform[]>('platforms', stop);
}

async function refreshStatus(stop?: AbortSignal): Promise<void> {
    const asked = Date.now();
    const answer = await get<Status>('status', stop);
    if (boxClock.add(asked, Date.now(), Date.parse(answer.time)))
        clockSettings.value++;
    status.value = answer;
}

async function refreshStorage(stop?: AbortSignal): Promise<void> {
    storage.value = await get<Storage>('storage', stop);
}

/** Runs as long as the page does. */
export function follow(): void {
    let ends: (() => void)[] = [];
    effect(() => {
        const who = session.value?.user;
        ends.forEach(end => end());
        ends = who ? [poll(2000, refreshChannels), poll(5000, refreshDevices), poll(5000, refreshPlatforms), poll(5000, refreshStatus), poll(10_000, refreshStorage)] : [];
        if (!who)
            channels.value = devices.value = platforms.value = status.value = storage.value = undefined;
    });
}
