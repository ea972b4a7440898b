using EdgeRecorder.Bytes;
using EdgeRecorder.Media;

namespace EdgeRecorder.Mp4;

/// <summary>Which tracks a viewer wants.</summary>
public enum TrackChoice : byte
{
    /// <summary>Those that browsers decode: video and AAC. Chromium refuses a whole init segment that names `alaw` or `ulaw`.</summary>
    Browser,

    /// <summary>As recorded.</summary>
    All,

    Video,

    Audio,
}

/// <summary>
/// A stream's format with some of its tracks: an init segment of the chosen ones, and fragments in which the `traf` of the others is renamed to `free`
/// in place. Every offset stays, `mdat` goes out as it is; what nobody refers to in it is passed over.
/// </summary>
internal sealed class TrackSelection
{
    private TrackSelection(InitSegment source, InitSegment init)
    {
        Source = source;
        Init = init;
        LeftOut = [.. source.Tracks.Where(track => init.Tracks.All(chosen => chosen.Id != track.Id))];
        Mime = CodecString.Mime(init.Tracks);
    }

    /// <summary>As the stream has it.</summary>
    public InitSegment Source { get; }

    /// <summary>The chosen tracks; none when the stream has nothing that was asked for, see <see cref="IsEmpty"/>.</summary>
    public InitSegment Init { get; }

    public IReadOnlyList<Track> LeftOut { get; }

    /// <summary>What Media Source Extensions ask for: <c>video/mp4; codecs="avc3.64001F, mp4a.40.2"</c> (RFC 6381).</summary>
    public string Mime { get; }

    /// <summary>Fragments go out as they are.</summary>
    public bool IsWhole => LeftOut.Count == 0;

    public bool IsEmpty => Init.Tracks.Count == 0;

    public static TrackSelection Of(InitSegment source, TrackChoice choice)
    {
        var chosen = source.Tracks.Where(track => Wants(choice, track)).ToArray();
        return new TrackSelection(source, chosen.Length == source.Tracks.Count ? source : InitSegment.Build(chosen));
    }

    /// <summary>Takes the other tracks out of a fragment, in place.</summary>
    /// <param name="media">`moof`, and as much of `mdat` as there is; `mdat` is not touched.</param>
    /// <returns>False when no chosen track is left: such a fragment is not sent (Chromium refuses a `moof` without `traf`).</returns>
    /// <exception cref="ProtocolException">The `moof` is damaged.</exception>
    public bool Apply(Span<byte> media)
    {
        var moof = media[..Math.Min(media.Length, MovieFragment.HeadLength(media))];
        var left = 0;
        var whole = new BoxReader(moof);
        whole.TryNext(out var box);
        var boxes = new BoxReader(box.Body, box.BodyOffset);
        while (boxes.TryNext(out var traf))
        {
            if (!traf.Is("traf"u8))
                continue;
            var id = traf.Child("tfhd"u8).Full(out _, out _).U32("track_ID");
            if (Has(id))
                left++;
            else
                "free"u8.CopyTo(moof[(traf.Offset + 4)..]);
        }
        return left > 0;
    }

    private bool Has(uint id)
    {
        foreach (var track in Init.Tracks)
            if (track.Id == id)
                return true;
        return false;
    }

    private static bool Wants(TrackChoice choice, Track track) => choice switch
    {
        TrackChoice.All => true,
        TrackChoice.Video => track.IsVideo,
        TrackChoice.Audio => !track.IsVideo,
        _ => track.IsVideo || track.Codec == Codec.Aac,
    };
}
