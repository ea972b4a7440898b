using EdgeRecorder.Simulators.Clips;

namespace EdgeRecorder.Simulators.Terminal.Media;

/// <summary>Reads an Annex B file into a track that is ready to send.</summary>
internal static class VideoSource
{
    private const byte H264 = 98;
    private const byte H265 = 99;

    public static MediaTrack Load(string path, long fpsNumerator, long fpsDenominator, PacketOptions options)
    {
        var (codec, stream, pictures) = VideoClip.ReadPictures(path);
        var builder = new MediaTrackBuilder(new MediaFormat(codec == VideoCodec.H264 ? H264 : H265, fpsNumerator, fpsDenominator), options.SimBytes, options.LargestBody);
        foreach (var picture in pictures)
        {
            var type = TypeOf(stream, picture, codec);
            var (body, elementary) = Frame(stream, picture, codec, options.StartCodes, withSets: !options.SetsOnce);
            builder.Unit(type, body, elementary);
        }
        if (options.SetsOnce)
        {
            var (body, elementary) = Frame(stream, pictures[0], codec, options.StartCodes, withSets: true);
            builder.Opening(DataType.VideoI, body, elementary);
        }
        return builder.Build();
    }

    /// <summary>The frame as packets carry it, and its NAL units alone.</summary>
    public static (byte[] Body, byte[] Elementary) Frame(ReadOnlySpan<byte> stream, Picture picture, VideoCodec codec, StartCodes startCodes, bool withSets)
    {
        using var body = new MemoryStream();
        using var elementary = new MemoryStream();
        foreach (var range in picture.NalUnits)
        {
            var nal = stream[range];
            if (!withSets && NalUnits.IsParameterSet(nal, codec))
                continue;
            if (startCodes != StartCodes.None || body.Length > 0)
                body.Write(startCodes == StartCodes.Short ? [0, 0, 1] : [0, 0, 0, 1]);
            body.Write(nal);
            elementary.Write(nal);
        }
        return (body.ToArray(), elementary.ToArray());
    }

    private static DataType TypeOf(ReadOnlySpan<byte> stream, Picture picture, VideoCodec codec)
    {
        if (picture.IsSync)
            return DataType.VideoI;
        foreach (var range in picture.NalUnits)
        {
            // A picture that no other refers to: nal_ref_idc 0; in H.265 the even types below 16 (RASL_N, TRAIL_N …). Encoders without B pictures make none.
            var nal = stream[range];
            var type = NalUnits.Type(nal, codec);
            if (codec == VideoCodec.H264 ? type is >= 1 and <= 5 && nal[0] >> 5 == 0 : type < 16 && type % 2 == 0)
                return DataType.VideoB;
        }
        return DataType.VideoP;
    }
}
