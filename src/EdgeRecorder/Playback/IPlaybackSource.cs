using EdgeRecorder.Mp4;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Playback;

/// <summary>The ring as players read it: playlists of ranges, and the records they name.</summary>
internal interface IPlaybackSource
{
    /// <summary>The range [from, to), Unix microseconds, as a playlist for some of the tracks.</summary>
    Task<PlaylistAnswer> OpenAsync(StreamKey stream, long fromUtcUs, long toUtcUs, TrackChoice tracks, CancellationToken stop = default);

    /// <summary>What a playlist named.</summary>
    RecordsAnswer Open(int channelNumber, in RingName name);
}

internal abstract record PlaylistAnswer
{
    private PlaylistAnswer() { }

    /// <summary>No footage in the range.</summary>
    public sealed record Nothing : PlaylistAnswer;

    /// <summary>Footage, but none of the tracks.</summary>
    public sealed record NoSuchTracks : PlaylistAnswer;

    /// <summary>More footage than a playlist holds; up to <paramref name="EndThatFitsUtcUs"/> it fits.</summary>
    public sealed record TooLong(long EndThatFitsUtcUs) : PlaylistAnswer;

    public sealed record Found(PlaybackPlaylist Playlist) : PlaylistAnswer;
}

internal abstract record RecordsAnswer
{
    private RecordsAnswer() { }

    /// <summary>The segment holds other footage now. With the date of the oldest that is left, if there is any.</summary>
    public sealed record Overwritten(long? OldestUtcUs) : RecordsAnswer;

    /// <summary>The segment is there, but no such records in it.</summary>
    public sealed record Nothing : RecordsAnswer;

    /// <summary>The head of the segment cannot be read.</summary>
    public sealed record Damaged(string What) : RecordsAnswer;

    public sealed record Init(byte[] Bytes) : RecordsAnswer;

    public sealed record Media(IFootageDownload Download) : RecordsAnswer;
}
