using System.Text;
using EdgeRecorder.Bytes;

namespace EdgeRecorder.Sdp;

/// <summary>One media section: the m= line and the attributes up to the next (RFC 8866, 5.14).</summary>
internal sealed class MediaDescription
{
    /// <summary>video, audio, application, …</summary>
    public required string Kind { get; init; }
    public required string Protocol { get; init; }

    /// <summary>0 where it is none.</summary>
    public int Port { get; init; }

    /// <summary>The payload types in the camera's order of preference; what is no number is left out.</summary>
    public required IReadOnlyList<byte> PayloadTypes { get; init; }

    /// <summary>a=, name and value in the order they came; the value is empty where there is no colon.</summary>
    public List<(string Name, string Value)> Attributes { get; } = [];

    /// <summary>Lines other than m= and a=, as they came.</summary>
    public List<(char Type, string Value)> Lines { get; } = [];

    public string? Attribute(string name) => SessionDescription.Find(Attributes, name);

    /// <summary>The text behind the payload type in an attribute like <c>a=rtpmap:96 H264/90000</c>; the nearest thing to it where a camera errs.</summary>
    public string? ForPayloadType(string name, byte payloadType)
    {
        var number = payloadType.ToString();
        foreach (var (key, value) in Attributes)
            if (key.Equals(name, StringComparison.OrdinalIgnoreCase) && value.IndexOfAny([' ', '\t']) is > 0 and var space && value[..space] == number)
                return value[(space + 1)..].Trim();
        return null;
    }
}

/// <summary>A session description (RFC 8866, older form RFC 4566), as cameras write it.</summary>
/// <remarks>
/// Order and presence of lines are not insisted on, unknown lines and lines without "=" are skipped: cameras leave out s= and t=, end lines with LF or
/// CR alone, pad with NUL. What gives no description at all is refused.
/// </remarks>
internal sealed class SessionDescription
{
    public const int LargestBytes = 128 * 1024;
    private const string Protocol = "SDP";
    private const int MostMedia = 32;
    private const int MostLines = 4096;

    public List<(string Name, string Value)> Attributes { get; } = [];
    public List<MediaDescription> Media { get; } = [];

    /// <summary>Lines before the first m= other than a=, as they came.</summary>
    public List<(char Type, string Value)> Lines { get; } = [];

    public string? Control => Find(Attributes, "control");

    /// <summary>The value of the first line of that type, those of a media section first; null without one.</summary>
    public string? Line(char type, MediaDescription? media = null)
    {
        foreach (var (key, value) in media is null ? [] : media.Lines)
            if (key == type)
                return value;
        foreach (var (key, value) in Lines)
            if (key == type)
                return value;
        return null;
    }

    /// <exception cref="ProtocolException">It is too large, or no line of it is SDP.</exception>
    public static SessionDescription Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > LargestBytes)
            throw new ProtocolException(Protocol, LargestBytes, "description", $"is larger than {LargestBytes} bytes");
        var text = Encoding.UTF8.GetString(bytes);
        var session = new SessionDescription();
        var lines = 0;
        foreach (var range in text.AsSpan().SplitAny('\r', '\n', '\0'))
        {
            var line = text.AsSpan(range).Trim();
            if (line.Length < 2 || line[1] != '=')
                continue;
            if (++lines > MostLines)
                throw new ProtocolException(Protocol, range.Start.Value, "description", $"has more than {MostLines} lines");
            session.AddLine(line[0], line[2..].Trim(), range.Start.Value);
        }
        if (lines == 0)
            throw new ProtocolException(Protocol, 0, "description", "has no line of the form type=value");
        return session;
    }

    internal static string? Find(List<(string Name, string Value)> attributes, string name)
    {
        foreach (var (key, value) in attributes)
            if (key.Equals(name, StringComparison.OrdinalIgnoreCase))
                return value;
        return null;
    }

    private void AddLine(char type, ReadOnlySpan<char> value, int offset)
    {
        if (type == 'm')
        {
            if (Media.Count == MostMedia)
                throw new ProtocolException(Protocol, offset, "m", $"more than {MostMedia} media sections");
            Media.Add(ReadMedia(value));
        }
        else if (type != 'a')
            (Media.Count > 0 ? Media[^1].Lines : Lines).Add((type, value.ToString()));
        else
        {
            var colon = value.IndexOf(':');
            var name = colon < 0 ? value : value[..colon];
            var rest = colon < 0 ? default : value[(colon + 1)..];
            (Media.Count > 0 ? Media[^1].Attributes : Attributes).Add((name.Trim().ToString(), rest.Trim().ToString()));
        }
    }

    private static int ReadPort(string[] words)
        => words.Length > 1 && ushort.TryParse(words[1].AsSpan(0, words[1].IndexOf('/') is > 0 and var slash ? slash : words[1].Length), out var port) ? port : 0;

    /// <summary>media port[/count] proto fmt …</summary>
    private static MediaDescription ReadMedia(ReadOnlySpan<char> value)
    {
        var words = value.ToString().Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        var types = new List<byte>();
        foreach (var word in words.Skip(3))
            if (byte.TryParse(word, out var number) && number < 128)
                types.Add(number);
        return new() { Kind = words.Length > 0 ? words[0].ToLowerInvariant() : "", Protocol = words.Length > 2 ? words[2] : "", Port = ReadPort(words), PayloadTypes = types };
    }
}
