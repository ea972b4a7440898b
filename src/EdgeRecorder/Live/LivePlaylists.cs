using EdgeRecorder.Mp4;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Live;

/// <summary>The live playlists that are asked for. Each watches its stream until nobody has asked for a while, so that a capture ends when its players have gone.</summary>
internal sealed class LivePlaylists : IDisposable
{
    /// <summary>What nobody asks for in so long is not shown any more; players ask once per target duration.</summary>
    public static readonly TimeSpan Lasting = TimeSpan.FromSeconds(15);

    /// <summary>Different ones at a time: each holds some seconds of media.</summary>
    public const int Most = 256;

    /// <summary>What a player wants to have before it begins: the three segments it stays behind, and a little.</summary>
    private static readonly TimeSpan History = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);
    private static readonly DateTimeOffset Epoch = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Lock _changing = new();
    private readonly Dictionary<(StreamKey Stream, TrackChoice Tracks, bool LowLatency), Kept> _kept = [];
    private readonly LiveStreams _streams;
    private readonly LiveFigures _figures;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    public LivePlaylists(LiveStreams streams, LiveFigures figures, TimeProvider time)
    {
        (_streams, _figures, _time) = (streams, figures, time);
        _timer = time.CreateTimer(static state => ((LivePlaylists)state!).Expire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The playlist, begun if nobody asked for it yet; null when there is no such channel, or too many are asked for (<see cref="IsFull"/>).</summary>
    public async Task<LivePlaylist?> OpenAsync(StreamKey stream, TrackChoice tracks, bool lowLatency)
    {
        Kept kept;
        lock (_changing)
        {
            var key = (stream, tracks, lowLatency);
            if (_kept.TryGetValue(key, out var known) && !known.Playlist.IsGone)
                kept = known;
            else
            {
                if (known is not null)
                    Remove(key, known);
                if (_kept.Count >= Most)
                    return null;
                var playlist = new LivePlaylist(FolderOf(stream.Stream, tracks, lowLatency), lowLatency, FirstNumber(), _time);
                _kept[key] = kept = new Kept(playlist, _streams.WatchAsync(stream, lowLatency, tracks, playlist, History));
                _figures.PlaylistOpened();
                if (_kept.Count == 1)
                    _timer.Change(Period, Period);
            }
        }
        return await kept.Watching is null ? null : kept.Playlist;
    }

    /// <summary>One that is asked for already.</summary>
    public LivePlaylist? Find(StreamKey stream, TrackChoice tracks, bool lowLatency)
    {
        lock (_changing)
            return _kept.GetValueOrDefault((stream, tracks, lowLatency))?.Playlist;
    }

    public bool IsFull
    {
        get { lock (_changing) return _kept.Count >= Most; }
    }

    /// <summary>Where the segments of a playlist lie, relative to it.</summary>
    public static string FolderOf(byte stream, TrackChoice tracks, bool lowLatency)
        => $"live/{(stream == 0 ? "main" : "sub")}-{tracks.ToString().ToLowerInvariant()}-{(lowLatency ? "low" : "normal")}";

    public void Dispose()
    {
        _timer.Dispose();
        lock (_changing)
            foreach (var (key, kept) in _kept.ToList())
                Remove(key, kept);
    }

    // Two a second since 2020: no playlist of a stream repeats the numbers of the one before it, since none grows so fast.
    private long FirstNumber() => Math.Max(0, (long)(_time.GetUtcNow() - Epoch).TotalSeconds * 2);

    private void Expire()
    {
        lock (_changing)
        {
            foreach (var (key, kept) in _kept.ToList())
                if (kept.Playlist.IsGone || _time.GetElapsedTime(kept.Playlist.LastAsked) > Lasting)
                    Remove(key, kept);
            if (_kept.Count == 0)
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private void Remove((StreamKey, TrackChoice, bool) key, Kept kept)
    {
        _kept.Remove(key);
        _figures.PlaylistClosed();
        _ = kept.CloseAsync();
    }

    private sealed record Kept(LivePlaylist Playlist, Task<IDisposable?> Watching)
    {
        public async Task CloseAsync()
        {
            (await Watching)?.Dispose();
            Playlist.Dispose();
        }
    }
}
