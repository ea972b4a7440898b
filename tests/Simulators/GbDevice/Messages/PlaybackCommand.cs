using System.Globalization;
using System.Text;
using EdgeRecorder.Simulators.GbDevice.Sip;

namespace EdgeRecorder.Simulators.GbDevice.Messages;

/// <summary>The body of an INFO that controls playback (GB/T 28181-2022, annex B: MANSRTSP).</summary>
/// <param name="Method">PLAY, PAUSE or TEARDOWN.</param>
/// <param name="From">Seconds to go to; null where it just goes on.</param>
internal sealed record PlaybackCommand(string Method, int CSeq, double? Scale, double? From, string Text)
{
    public const string ContentType = "Application/MANSRTSP";

    /// <exception cref="MalformedException">It is no such command.</exception>
    public static PlaybackCommand Read(SipText request)
    {
        if (request["Content-Type"]?.Equals(ContentType, StringComparison.OrdinalIgnoreCase) != true)
            throw new MalformedException($"INFO with {request["Content-Type"]}");
        var text = Encoding.ASCII.GetString(request.Body);
        var lines = text.Split("\r\n");
        string? Value(string name) => Array.Find(lines, l => l.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();
        if (lines[0].Split(' ') is not [("PLAY" or "PAUSE" or "TEARDOWN") and var method, "RTSP/1.0" or "MANSRTSP/1.0"])
            throw new MalformedException($"MANSRTSP: {lines[0]}");
        if (!text.EndsWith("\r\n\r\n", StringComparison.Ordinal))
            throw new MalformedException("MANSRTSP: no empty line at the end");
        try
        {
            var range = Value("Range");
            double? from = range switch
            {
                null or "npt=now-" => null,
                _ when range.StartsWith("npt=", StringComparison.Ordinal) => double.Parse(range[4..].Split('-')[0], CultureInfo.InvariantCulture),
                _ => throw new MalformedException($"MANSRTSP: Range: {range}"),
            };
            double? scale = Value("Scale") is { } value ? double.Parse(value, CultureInfo.InvariantCulture) : null;
            if (range is not null && scale is not null)
                throw new MalformedException("MANSRTSP: Range and Scale together");
            return new(method, int.Parse(Value("CSeq") ?? throw new MalformedException("MANSRTSP: no CSeq"), CultureInfo.InvariantCulture), scale, from, text.Trim().Replace("\r\n", " | ", StringComparison.Ordinal));
        }
        catch (FormatException e)
        {
            throw new MalformedException($"MANSRTSP: {e.Message}");
        }
    }

    public byte[] Answer() => Encoding.ASCII.GetBytes($"RTSP/1.0 200 OK\r\nCSeq: {CSeq}\r\n\r\n");
}
