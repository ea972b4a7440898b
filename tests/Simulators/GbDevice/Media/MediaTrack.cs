using System.Security.Cryptography;
using EdgeRecorder.Simulators.Clips;

namespace EdgeRecorder.Simulators.GbDevice.Media;

/// <summary>stream_type of a program stream map (ISO/IEC 13818-1, table 2-34; GB/T 28181-2022, annex C).</summary>
internal enum StreamType : byte
{
    Aac = 0x0F,
    H264 = 0x1B,
    H265 = 0x24,
    Alaw = 0x90,
    Ulaw = 0x91,
}

/// <summary>A picture or an audio frame.</summary>
/// <param name="Parts">Its NAL units without start codes, or the one audio frame as a program stream carries it, in <see cref="MediaTrack.File"/>.</param>
/// <param name="Kept">What a recorder has to keep of it: the same; of AAC without the ADTS header.</param>
/// <param name="Shift90k">Presentation time minus decode time.</param>
/// <param name="Bytes">Of what is kept.</param>
/// <param name="Digest">First 8 bytes of the SHA-256 of that, in hex.</param>
internal sealed record MediaUnit(IReadOnlyList<Range> Parts, IReadOnlyList<Range> Kept, bool IsSync, int Shift90k, int Bytes, string Digest);

/// <summary>One elementary stream of a clip, played round and round.</summary>
/// <param name="rtp">The same cut into RTP payloads, for devices that send no program stream; null for audio.</param>
internal sealed class MediaTrack(StreamType type, byte[] file, MediaUnit[] units, long unitsNumerator, long unitsDenominator, RtpTrack? rtp)
{
    private const int G711Rate = 8000;
    private const int G711Samples = 320;                       // 40 ms, as cameras send it

    public StreamType Type => type;
    public byte[] File => file;
    public MediaUnit[] Units => units;
    public RtpTrack? Rtp => rtp;
    public bool IsVideo => type is StreamType.H264 or StreamType.H265;

    /// <summary>90 kHz from the first unit to the nth; whole numbers, so that nothing drifts.</summary>
    public long TicksOf(long n) => n * 90_000 * unitsDenominator / unitsNumerator;

    public double SecondsOf(long n) => (double)n * unitsDenominator / unitsNumerator;

    /// <summary>The first unit that is not before that time.</summary>
    public long UnitAt(double seconds) => (long)Math.Ceiling(seconds * unitsNumerator / unitsDenominator - 1e-6);

    public double BytesPerSecond => units.Sum(u => (long)u.Bytes) / SecondsOf(units.Length);

    public static MediaTrack LoadVideo(string path, long fpsNumerator, long fpsDenominator)
    {
        var (codec, stream, pictures) = VideoClip.ReadPictures(path);
        var rtp = VideoClip.Load(path, fpsNumerator, fpsDenominator, new PacketizerOptions(1400, Aggregate: false, MarkerRule.AccessUnit, InBandParameterSets: true));
        var units = pictures.Select((p, i) => Unit(stream, p.NalUnits, p.NalUnits, p.IsSync, rtp.Units[i].PresentationShift)).ToArray();
        return new(codec == VideoCodec.H264 ? StreamType.H264 : StreamType.H265, stream, units, fpsNumerator, fpsDenominator, rtp);
    }

    public static MediaTrack LoadAudio(string path)
    {
        var bytes = VideoClip.ReadClip(path);
        switch (Path.GetExtension(path))
        {
            case ".aac":
                var frames = Adts.Split(bytes, path);
                return new(StreamType.Aac, bytes, [.. frames.Select(f => Unit(bytes, [f.Whole], [f.Body], true, 0))], Adts.Rates[frames[0].RateIndex], Adts.Samples, null);
            case (".alaw" or ".ulaw") and var extension:
                var parts = Enumerable.Range(0, bytes.Length / G711Samples).Select(i => new[] { (i * G711Samples)..((i + 1) * G711Samples) });
                return new(extension == ".alaw" ? StreamType.Alaw : StreamType.Ulaw, bytes, [.. parts.Select(p => Unit(bytes, p, p, true, 0))], G711Rate, G711Samples, null);
            case var other:
                throw new UsageException($"{path}: audio is .aac, .alaw or .ulaw, not '{other}'");
        }
    }

    private static MediaUnit Unit(byte[] file, IReadOnlyList<Range> parts, IReadOnlyList<Range> kept, bool isSync, int shift)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var bytes = 0;
        foreach (var range in kept)
        {
            var part = file.AsSpan(range);
            hash.AppendData(part);
            bytes += part.Length;
        }
        return new(parts, kept, isSync, shift, bytes, Convert.ToHexString(hash.GetHashAndReset().AsSpan(0, 8)));
    }
}
