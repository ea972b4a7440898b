using System.Globalization;
using System.Text;

namespace EdgeRecorder.Rtsp;

/// <summary>A request or a response of RTSP 1.0 (RFC 2326, sections 6 and 7).</summary>
internal sealed class RtspMessage
{
    /// <summary>0 for a request.</summary>
    public int Status { get; init; }

    /// <summary>Reason phrase of a response, at most 80 printable characters.</summary>
    public string Reason { get; init; } = "";
    public string Method { get; init; } = "";
    public string Uri { get; init; } = "";
    public List<(string Name, string Value)> Headers { get; } = [];
    public byte[] Body { get; init; } = [];

    public bool IsResponse => Status != 0;
    public bool IsSuccess => Status is >= 200 and < 300;

    public string? Header(string name)
    {
        foreach (var (key, value) in Headers)
            if (key.Equals(name, StringComparison.OrdinalIgnoreCase))
                return value;
        return null;
    }

    /// <summary>−1 where the header is missing or no number.</summary>
    public int CSeq => int.TryParse(Header("CSeq"), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : -1;

    /// <summary>The bytes on the wire; Content-Length is added for a body.</summary>
    public byte[] ToBytes()
    {
        var text = new StringBuilder();
        if (IsResponse)
            text.Append(CultureInfo.InvariantCulture, $"RTSP/1.0 {Status} {Reason}\r\n");
        else
            text.Append(CultureInfo.InvariantCulture, $"{Method} {Uri} RTSP/1.0\r\n");
        foreach (var (name, value) in Headers)
            text.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        if (Body.Length > 0)
            text.Append(CultureInfo.InvariantCulture, $"Content-Length: {Body.Length}\r\n");
        text.Append("\r\n");
        return [.. Encoding.UTF8.GetBytes(text.ToString()), .. Body];
    }
}
