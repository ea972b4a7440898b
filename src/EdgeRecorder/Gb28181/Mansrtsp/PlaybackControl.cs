using System.Globalization;
using System.Text;
using EdgeRecorder.Bytes;

namespace EdgeRecorder.Gb28181.Mansrtsp;

internal enum PlaybackMethod : byte { Play, Pause, Teardown }

/// <summary>
/// What an INFO says to a playback (GB/T 28181-2016, annex B): a request of RTSP without a URI. All there is to say stands in one header:
/// <code>
/// PAUSE RTSP/1.0 | CSeq: 1 | PauseTime: now      stop sending
/// PLAY RTSP/1.0  | CSeq: 2 | Range: npt=now-     go on
/// PLAY RTSP/1.0  | CSeq: 3 | Scale: 2.0          twice as fast; negative is backwards
/// PLAY RTSP/1.0  | CSeq: 4 | Range: npt=100-     go on at 100 s behind the beginning of what was asked for
/// TEARDOWN RTSP/1.0 | CSeq: 5
/// </code>
/// </summary>
internal sealed record PlaybackControl(PlaybackMethod Method)
{
    public const string ContentType = "Application/MANSRTSP";

    private const string Protocol = "MANSRTSP";
    private const int LargestBytes = 4096;
    private const double LongestSeconds = 366 * 86_400;

    public static readonly PlaybackControl Pause = new(PlaybackMethod.Pause), Resume = new(PlaybackMethod.Play), Teardown = new(PlaybackMethod.Teardown);

    /// <summary>Counts within a call.</summary>
    public uint Number { get; init; }

    /// <summary>With PLAY: the speed; null leaves it as it is. Any number: which of them are possible is for who plays to say.</summary>
    public double? Scale { get; init; }

    /// <summary>With PLAY: where to, from the beginning of what was asked for; null goes on where it stands.</summary>
    public TimeSpan? Position { get; init; }

    public static PlaybackControl Speed(double scale) => new(PlaybackMethod.Play) { Scale = scale };

    public static PlaybackControl Seek(TimeSpan position) => new(PlaybackMethod.Play) { Position = position };

    public byte[] ToBytes()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Method.ToString().ToUpperInvariant()} RTSP/1.0\r\nCSeq: {Number}\r\n");
        if (Method == PlaybackMethod.Pause)
            text.Append("PauseTime: now\r\n");
        else if (Scale is { } scale)
            text.Append(CultureInfo.InvariantCulture, $"Scale: {scale:0.0##}\r\n");
        else if (Position is { } position)
            text.Append(CultureInfo.InvariantCulture, $"Range: npt={position.TotalSeconds:0.###}-\r\n");
        else if (Method == PlaybackMethod.Play)
            text.Append("Range: npt=now-\r\n");
        return Encoding.ASCII.GetBytes(text.Append("\r\n").ToString());
    }

    /// <exception cref="ProtocolException">It is no request, or a value cannot be meant.</exception>
    public static PlaybackControl Parse(ReadOnlySpan<byte> body)
    {
        if (body.Length > LargestBytes)
            throw new ProtocolException(Protocol, LargestBytes, "request", $"is larger than {LargestBytes} bytes");
        var lines = Encoding.Latin1.GetString(body).Split('\n');
        var control = new PlaybackControl(ReadMethod(lines[0].Trim()));
        var offset = lines[0].Length + 1;
        foreach (var line in lines.Skip(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var value = colon < 0 ? "" : line[(colon + 1)..].Trim();
            if (colon > 0)
                control = line[..colon].Trim().ToUpperInvariant() switch
                {
                    "CSEQ" => control with { Number = uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Wrong(offset, "CSeq", value) },
                    "SCALE" => control with { Scale = Real(value) ?? throw Wrong(offset, "Scale", value) },
                    "RANGE" => control with { Position = ReadRange(value, offset) },
                    _ => control,                           // PauseTime says now, and nothing else can be meant
                };
            offset += line.Length + 1;
        }
        return control;
    }

    /// <summary>The version is RTSP's or MANSRTSP's; some put a URI in front of it.</summary>
    private static PlaybackMethod ReadMethod(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words is [var method, .., var version] && version.Contains("RTSP/", StringComparison.OrdinalIgnoreCase)
            ? method.ToUpperInvariant() switch { "PLAY" => PlaybackMethod.Play, "PAUSE" => PlaybackMethod.Pause, "TEARDOWN" => PlaybackMethod.Teardown, _ => throw Wrong(0, "method", method) }
            : throw Wrong(0, "request", line);
    }

    /// <summary>npt=now-, npt=-, npt=100-, npt=0:01:40-200; the end says nothing that the INVITE did not.</summary>
    private static TimeSpan? ReadRange(string value, int offset)
    {
        var equals = value.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0 || !value[..equals].Trim().Equals("npt", StringComparison.OrdinalIgnoreCase))
            throw Wrong(offset, "Range", value);
        var ends = value[(equals + 1)..].Split('-');
        var from = ends[0].Trim();
        if (from.Equals("now", StringComparison.OrdinalIgnoreCase) || from.Length == 0 && ends.Length == 2)
            return null;
        double seconds = 0;
        foreach (var part in from.Split(':'))
            seconds = 60 * seconds + (Real(part) is >= 0 and var number ? number : throw Wrong(offset, "Range", value));
        return seconds <= LongestSeconds ? TimeSpan.FromSeconds(seconds) : throw Wrong(offset, "Range", value);
    }

    private static double? Real(string text)
        => double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value : null;

    private static ProtocolException Wrong(int offset, string field, string text) => new(Protocol, offset, field, $"cannot be \"{(text.Length > 64 ? text[..64] : text)}\"");
}
