using System.Globalization;
using System.Text;
using EdgeRecorder.Bytes;

namespace EdgeRecorder.Cascade;

internal enum PlaybackVerb : byte { Play, Pause, Teardown }

/// <summary>What an INFO says about a playback: MANSRTSP, a request of RTSP without its URL (GB/T 28181-2022, annex B).</summary>
/// <param name="Scale">Null where it says none; negative is backwards.</param>
/// <param name="Seek">From the beginning of what was asked for; null is "now", or nothing.</param>
internal readonly record struct PlaybackCommand(PlaybackVerb Verb, double? Scale, TimeSpan? Seek)
{
    private const string Protocol = "MANSRTSP";
    private const int LargestBytes = 4096;
    private const double LongestSeconds = 366 * 86_400;

    /// <exception cref="ProtocolException">It is no such command.</exception>
    public static PlaybackCommand Parse(ReadOnlySpan<byte> body)
    {
        if (body.Length > LargestBytes)
            throw new ProtocolException(Protocol, LargestBytes, "body", $"is larger than {LargestBytes} bytes");
        var lines = Encoding.Latin1.GetString(body).Split('\n');
        var words = lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var verb = words is [var first, ..]
            ? first.ToUpperInvariant() switch { "PLAY" => PlaybackVerb.Play, "PAUSE" => PlaybackVerb.Pause, "TEARDOWN" => PlaybackVerb.Teardown, _ => (PlaybackVerb?)null }
            : null;
        if (verb is null || !words[^1].Contains("RTSP/", StringComparison.OrdinalIgnoreCase))
            throw new ProtocolException(Protocol, 0, "request line", "is none of PLAY, PAUSE, TEARDOWN");
        double? scale = null;
        TimeSpan? seek = null;
        var at = lines[0].Length + 1;
        foreach (var line in lines.AsSpan(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var (name, value) = colon < 0 ? ("", "") : (line[..colon].Trim(), line[(colon + 1)..].Trim());
            if (name.Equals("Scale", StringComparison.OrdinalIgnoreCase))
                scale = Number(value, at);
            else if (name.Equals("Range", StringComparison.OrdinalIgnoreCase))
                seek = ReadRange(value, at);
            at += line.Length + 1;
        }
        return new(verb.Value, scale, seek);
    }

    /// <summary>npt=now- is where it stands; npt=100- or npt=100-200 is a jump.</summary>
    private static TimeSpan? ReadRange(string value, int at)
    {
        var start = value.StartsWith("npt=", StringComparison.OrdinalIgnoreCase) ? value[4..].Split('-', 2)[0].Trim() : throw new ProtocolException(Protocol, at, "Range", "is no npt");
        return start.Equals("now", StringComparison.OrdinalIgnoreCase) || start.Length == 0 ? null : TimeSpan.FromSeconds(Number(start, at));
    }

    private static double Number(string value, int at)
        => double.TryParse(value, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && Math.Abs(number) <= LongestSeconds
            ? number
            : throw new ProtocolException(Protocol, at, "number", $"is none: {value}");
}
