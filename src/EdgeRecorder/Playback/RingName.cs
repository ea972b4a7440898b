using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using EdgeRecorder.Mp4;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Playback;

/// <summary>
/// How a playlist names records of the ring: <c>ring/{segment}-{generation}-{offset}-{length}-{stream}-{tracks}.m4s</c>, and with <c>.mp4</c> the init segment they
/// are played with. Numbers are checked against the segment's table when they are asked for, so a made-up name finds nothing.
/// </summary>
internal readonly record struct RingName(byte Stream, RecordPlace Place, TrackChoice Tracks, bool IsInit)
{
    public const string Folder = "ring";
    public const int Longest = 96;

    public ReadOnlySpan<char> Write(Span<char> target)
    {
        if (!target.TryWrite(CultureInfo.InvariantCulture,
                $"{Folder}/{Place.Segment}-{Place.Generation}-{Place.Offset}-{Place.Length}-{StreamKey.Word(Stream)}-{Word(Tracks)}{(IsInit ? ".mp4" : ".m4s")}", out var written))
            throw new ArgumentException($"{target.Length} characters are too few for a name in the ring", nameof(target));
        return target[..written];
    }

    /// <param name="name">Without the folder.</param>
    public static bool TryRead(string name, [NotNullWhen(true)] out RingName? read)
    {
        read = null;
        var isInit = name.EndsWith(".mp4", StringComparison.Ordinal);
        if (!isInit && !name.EndsWith(".m4s", StringComparison.Ordinal))
            return false;
        var words = name[..^4].Split('-', 7);
        if (words.Length != 6 || StreamKey.Read(words[4]) is not { } stream || Choice(words[5]) is not { } tracks
            || !Number(words[0], out int segment) || !Number(words[1], out long generation) || !Number(words[2], out int offset) || !Number(words[3], out int length))
            return false;
        read = new RingName(stream, new RecordPlace(segment, generation, offset, length), tracks, isInit);
        return true;
    }

    private static bool Number<T>(string word, out T number) where T : System.Numerics.IBinaryInteger<T>
        => T.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out number!);

    private static string Word(TrackChoice tracks) => tracks switch { TrackChoice.All => "all", TrackChoice.Video => "video", _ => "browser" };

    private static TrackChoice? Choice(string word) => word switch { "all" => TrackChoice.All, "video" => TrackChoice.Video, "browser" => TrackChoice.Browser, _ => null };
}
