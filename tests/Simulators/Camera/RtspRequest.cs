using System.Text;

namespace EdgeRecorder.Simulators.Camera;

/// <summary>One request (RFC 2326, 6). Header names compare without case.</summary>
internal sealed record RtspRequest(string Method, string Url, IReadOnlyDictionary<string, string> Headers)
{
    public string this[string header] => Headers.TryGetValue(header, out var value) ? value : "";

    /// <summary>Reads one request head that ends with an empty line; null if its first line is none.</summary>
    public static RtspRequest? Parse(ReadOnlySpan<byte> head)
    {
        var lines = Encoding.Latin1.GetString(head).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var first = lines.Length == 0 ? [] : lines[0].Split(' ');
        if (first.Length != 3 || !first[2].StartsWith("RTSP/1.", StringComparison.Ordinal))
            return null;
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in lines.Skip(1))
            if (line.IndexOf(':') is > 0 and var colon)
                headers[line[..colon].Trim()] = line[(colon + 1)..].Trim();
        return new RtspRequest(first[0], first[1], headers);
    }

    /// <summary>The path of the URL without the track's part, e.g. <c>/gate</c>.</summary>
    public string Path
    {
        get
        {
            var path = Uri.TryCreate(Url, UriKind.Absolute, out var uri) ? uri.PathAndQuery : Url;
            var track = path.LastIndexOf("/trackID=", StringComparison.Ordinal);
            path = track >= 0 ? path[..track] : path;
            return path.Length > 1 ? path.TrimEnd('/') : path;
        }
    }

    /// <summary>Number of the track that the URL names, or null.</summary>
    public int? TrackNumber
    {
        get
        {
            const string Name = "trackID=";
            var at = Url.LastIndexOf(Name, StringComparison.Ordinal);
            return at >= 0 && int.TryParse(Url.AsSpan(at + Name.Length), out var number) ? number : null;
        }
    }
}
