namespace EdgeRecorder.Live;

/// <summary>What viewers do to the box and the box to viewers, since the daemon started; for the metrics.</summary>
internal sealed class LiveFigures
{
    private long _sockets, _playlists, _skipped, _refused, _stuck, _sentBytes;

    /// <summary>Open WebSockets, and HLS streams that somebody asks for.</summary>
    public long Sockets => Volatile.Read(ref _sockets);
    public long Playlists => Volatile.Read(ref _playlists);

    /// <summary>Fragments that slow viewers did not get.</summary>
    public long Skipped => Volatile.Read(ref _skipped);

    /// <summary>WebSockets that were one too many.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Viewers that read nothing for too long.</summary>
    public long Stuck => Volatile.Read(ref _stuck);

    public long SentBytes => Volatile.Read(ref _sentBytes);

    public void SocketOpened() => Interlocked.Increment(ref _sockets);
    public void SocketClosed() => Interlocked.Decrement(ref _sockets);
    public void PlaylistOpened() => Interlocked.Increment(ref _playlists);
    public void PlaylistClosed() => Interlocked.Decrement(ref _playlists);
    public void SkippedFragments(int count) => Interlocked.Add(ref _skipped, count);
    public void RefusedSocket() => Interlocked.Increment(ref _refused);
    public void FoundStuck() => Interlocked.Increment(ref _stuck);
    public void Sent(int bytes) => Interlocked.Add(ref _sentBytes, bytes);
}
