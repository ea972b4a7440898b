namespace EdgeRecorder.Simulators.Clips;

/// <summary>Reads ADTS (<c>.aac</c>) or raw 8 kHz mono G.711 (<c>.alaw</c>, <c>.ulaw</c>) into a track that is ready to send.</summary>
internal static class AudioClip
{
    private const int G711Rate = 8000;
    private const int G711Samples = 160;                       // 20 ms, the default packet time of RFC 3551, 4.2
    private const byte AacPayloadType = 97;

    public static RtpTrack Load(string path) => Path.GetExtension(path) switch
    {
        ".alaw" => G711(path, "PCMA", 8),
        ".ulaw" => G711(path, "PCMU", 0),
        ".aac" => Aac(path),
        var other => throw new UsageException($"{path}: audio is .aac, .alaw or .ulaw, not '{other}'"),
    };

    private static RtpTrack G711(string path, string encoding, byte payloadType)
    {
        var samples = VideoClip.ReadClip(path);
        var builder = new RtpTrackBuilder(payloadType);
        for (var at = 0; at + G711Samples <= samples.Length; at += G711Samples)
        {
            builder.Packet([], samples.AsSpan(at, G711Samples), marker: false);
            builder.Unit(0, isSync: true, G711Samples);
        }
        return builder.Build(new TrackFormat("audio", encoding, payloadType, G711Rate, 1, G711Rate, G711Samples, "", ""));
    }

    /// <summary>One AAC frame per packet, as RFC 3640 3.3.6 (AAC-hbr) carries it: AU-headers-length in bits, then size (13) and index (3).</summary>
    private static RtpTrack Aac(string path)
    {
        var adts = VideoClip.ReadClip(path);
        var builder = new RtpTrackBuilder(AacPayloadType);
        var frames = Adts.Split(adts, path);
        foreach (var part in frames)
        {
            var frame = adts.AsSpan(part.Body);
            builder.Packet([0, 16, (byte)(frame.Length >> 5), (byte)(frame.Length << 3)], frame, marker: true);
            builder.Unit(0, isSync: true, frame.Length);
        }
        var (_, _, profile, rateIndex, channels) = frames[0];
        var rate = Adts.Rates[rateIndex];
        // AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1): object type 5, rate index 4, channels 4, three flags.
        var config = profile + 1 << 11 | rateIndex << 7 | channels << 3;
        return builder.Build(new TrackFormat(
            "audio", "mpeg4-generic", AacPayloadType, rate, channels, rate, Adts.Samples,
            $"streamtype=5; profile-level-id=1; mode=AAC-hbr; sizelength=13; indexlength=3; indexdeltalength=3; config={config:X4}", ""));
    }
}
