using System.Globalization;

namespace EdgeRecorder.Simulators.Clips;

/// <summary>Reads an Annex B file (<c>.h264</c>, <c>.h265</c>) into a track that is ready to send.</summary>
/// <remarks>
/// A file <c>NAME.pts</c> beside it, one presentation time per picture in pictures, tells the order of display where it is not the order of coding.
/// </remarks>
internal static class VideoClip
{
    private const byte PayloadType = 96;
    private const int ClockRate = 90_000;

    public static RtpTrack Load(string path, long fpsNumerator, long fpsDenominator, PacketizerOptions options)
    {
        var (codec, stream, pictures) = ReadPictures(path);
        var shifts = PresentationShifts(path, pictures.Count, fpsNumerator, fpsDenominator);
        var builder = new RtpTrackBuilder(PayloadType);
        var packetizer = new VideoPacketizer(codec, builder, options);
        for (var i = 0; i < pictures.Count; i++)
        {
            var bytes = packetizer.Add(stream, pictures[i]);
            builder.Unit(shifts[i], pictures[i].IsSync, bytes);
        }
        var (fmtp, sprop) = FormatParameters(stream, pictures[0], codec);
        return builder.Build(new TrackFormat(
            "video", codec == VideoCodec.H264 ? "H264" : "H265", PayloadType, ClockRate, 0, fpsNumerator, fpsDenominator, fmtp, sprop));
    }

    /// <exception cref="UsageException">It is no video, or begins with none that can be decoded.</exception>
    internal static (VideoCodec Codec, byte[] Stream, List<Picture> Pictures) ReadPictures(string path)
    {
        var codec = Path.GetExtension(path) switch
        {
            ".h264" or ".264" => VideoCodec.H264,
            ".h265" or ".265" or ".hevc" => VideoCodec.H265,
            var other => throw new UsageException($"{path}: video is .h264 or .h265, not '{other}'"),
        };
        var stream = ReadClip(path);
        var pictures = NalUnits.Group(stream, codec);
        if (pictures.Count == 0 || !pictures[0].IsSync)
            throw new UsageException($"{path}: holds no picture, or does not begin with a sync sample");
        return (codec, stream, pictures);
    }

    internal static byte[] ReadClip(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (IOException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private static int[] PresentationShifts(string path, int count, long fpsNumerator, long fpsDenominator)
    {
        var shifts = new int[count];
        if (!File.Exists(path + ".pts"))
            return shifts;
        var lines = File.ReadAllLines(path + ".pts");
        if (lines.Length != count)
            throw new UsageException($"{path}.pts: {lines.Length} times for {count} pictures");
        for (var i = 0; i < count; i++)
            shifts[i] = (int)((long.Parse(lines[i], CultureInfo.InvariantCulture) - i) * ClockRate * fpsDenominator / fpsNumerator);
        return shifts;
    }

    private static (string Fmtp, string Sprop) FormatParameters(ReadOnlySpan<byte> stream, Picture first, VideoCodec codec)
    {
        var sets = new List<(int Type, string Base64)>();
        var profile = "";
        foreach (var range in first.NalUnits)
        {
            var nal = stream[range];
            if (!NalUnits.IsParameterSet(nal, codec))
                continue;
            sets.Add((NalUnits.Type(nal, codec), Convert.ToBase64String(nal)));
            if (codec == VideoCodec.H264 && NalUnits.Type(nal, codec) == 7)
                profile = Convert.ToHexString(nal.Slice(1, 3));
        }
        if (codec == VideoCodec.H264)
            return ($"packetization-mode=1; profile-level-id={profile}", "sprop-parameter-sets=" + string.Join(',', sets.Select(s => s.Base64)));

        string Of(int type) => string.Join(',', sets.Where(s => s.Type == type).Select(s => s.Base64));
        return ("", $"sprop-vps={Of(32)}; sprop-sps={Of(33)}; sprop-pps={Of(34)}");
    }
}
