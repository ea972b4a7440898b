namespace EdgeRecorder.Sdp;

/// <summary>What a payload type stands for: <c>a=rtpmap:96 H264/90000</c>, or the static table of RFC 3551 where that line is missing.</summary>
/// <param name="ClockRate">0 when it is not said.</param>
internal readonly record struct RtpMap(string Encoding, int ClockRate, int Channels)
{
    public static RtpMap Of(MediaDescription media, byte payloadType)
    {
        if (media.ForPayloadType("rtpmap", payloadType) is not { } text)
            return payloadType switch                       // RFC 3551, tables 4 and 5
            {
                0 => new("PCMU", 8000, 1),
                8 => new("PCMA", 8000, 1),
                26 => new("JPEG", 90_000, 1),
                _ => new($"PT {payloadType}", 0, 1),
            };
        var parts = text.Split('/', StringSplitOptions.TrimEntries);
        return new(
            parts[0],
            parts.Length > 1 && int.TryParse(parts[1], out var rate) && rate is > 0 and <= 1_000_000 ? rate : 0,
            parts.Length > 2 && int.TryParse(parts[2], out var channels) && channels is > 0 and <= 8 ? channels : 1);
    }
}
