using System.Globalization;
using EdgeRecorder.Audio;
using EdgeRecorder.Bytes;
using EdgeRecorder.H26x;
using EdgeRecorder.Media;
using EdgeRecorder.Rtp;
using EdgeRecorder.Sdp;

namespace EdgeRecorder.Rtsp;

/// <summary>A media section we can record, and how.</summary>
internal sealed record SelectedMedia(MediaDescription Description, MediaFormat Format);

/// <summary>Chooses what to record of a description: the first video and, if wanted, the first audio of a known codec. Everything else is named, never fatal.</summary>
/// <param name="Skipped">What is not recorded and why, for people: <c>application vnd.onvif.metadata: unknown codec</c>.</param>
internal sealed record MediaSelection(IReadOnlyList<SelectedMedia> Media, IReadOnlyList<string> Skipped)
{
    public static MediaSelection Choose(SessionDescription session, bool audio)
    {
        var chosen = new List<SelectedMedia>();
        var skipped = new List<string>();
        foreach (var media in session.Media)
        {
            var format = FirstKnown(media, out var name);
            var label = $"{media.Kind} {name}".Trim();
            if (format is null)
                skipped.Add($"{label}: unknown codec");
            else if (media.Kind == "audio" && media.Attribute("sendonly") is not null)
                skipped.Add($"{label}: goes to the camera");            // ONVIF backchannel
            else if (chosen.Exists(other => other.Format.Track.IsVideo == format.Track.IsVideo))
                skipped.Add($"{label}: only the first {media.Kind} is recorded");
            else if (!format.Track.IsVideo && !audio)
                skipped.Add($"{label}: audio is turned off");
            else
                chosen.Add(new(media, format));
        }
        return new(chosen, skipped);
    }

    private static MediaFormat? FirstKnown(MediaDescription media, out string name)
    {
        name = "";
        foreach (var payloadType in media.PayloadTypes)
        {
            var map = RtpMap.Of(media, payloadType);
            name = name.Length == 0 ? map.Encoding : name;
            if (Create(media, payloadType, map) is not { } format)
                continue;
            name = map.Encoding;
            return format;
        }
        return null;
    }

    private static MediaFormat? Create(MediaDescription media, byte payloadType, RtpMap map)
    {
        var parameters = new FormatParameters(media.ForPayloadType("fmtp", payloadType));
        return (media.Kind, map.Encoding.ToUpperInvariant()) switch
        {
            ("video", "H264") => Video(Codec.H264, media, payloadType, map, parameters, "sprop-parameter-sets"),
            ("video", "H265" or "HEVC") => Video(Codec.H265, media, payloadType, map, parameters, "sprop-vps", "sprop-sps", "sprop-pps"),
            ("audio", "PCMA") => G711(Codec.G711A, payloadType, map),
            ("audio", "PCMU") => G711(Codec.G711U, payloadType, map),
            ("audio", "MPEG4-GENERIC") => Generic(payloadType, map, parameters),
            ("audio", "MP4A-LATM") => Latm(payloadType, map, parameters),
            _ => null,
        };
    }

    private static MediaFormat Video(Codec codec, MediaDescription media, byte payloadType, RtpMap map, FormatParameters parameters, params string[] properties)
    {
        var sets = new ParameterSets(codec);
        foreach (var nal in properties.SelectMany(parameters.NalUnits))
            if (AnnexB.StartsWithStartCode(nal))            // start codes inside of sprop: seen from Hisilicon SDKs
                foreach (var inner in AnnexB.Split(nal))
                    sets.Add(inner);
            else
                sets.Add(nal);
        var announced = (media.Attribute("framerate") ?? media.Attribute("x-framerate") ?? "").Replace(',', '.');
        _ = double.TryParse(announced, NumberStyles.Float, CultureInfo.InvariantCulture, out var rate);
        return new()
        {
            PayloadType = payloadType,
            ClockRate = map.ClockRate > 0 ? map.ClockRate : 90_000,
            HasDon = parameters.Number("sprop-max-don-diff", 0, 32767) > 0,
            Track = new Track
            {
                Codec = codec,
                TimeScale = 90_000,
                Width = sets.Format.Width,
                Height = sets.Format.Height,
                FrameRate = sets.Format.FrameRate > 0 ? sets.Format.FrameRate : VideoFormat.Rate(rate, 1),
                ParameterSets = sets.ToArray(),
            },
        };
    }

    private static MediaFormat G711(Codec codec, byte payloadType, RtpMap map)
    {
        var rate = map.ClockRate > 0 ? map.ClockRate : 8000;
        return new() { PayloadType = payloadType, ClockRate = rate, Track = new Track { Codec = codec, TimeScale = rate, ChannelCount = map.Channels } };
    }

    private static MediaFormat? Generic(byte payloadType, RtpMap map, FormatParameters parameters)
    {
        var config = parameters.Hex("config");
        if (!TryReadConfig(config, out var parsed))
        {
            config = AacConfig.LowComplexity(map.ClockRate, map.Channels);      // a camera that forgot it, or wrote nonsense
            if (!TryReadConfig(config, out parsed))
                return null;
        }
        var rate = map.ClockRate > 0 ? map.ClockRate : parsed.SamplingRate;
        var isLow = "AAC-lbr".Equals(parameters.Text("mode"), StringComparison.OrdinalIgnoreCase);
        return new()
        {
            PayloadType = payloadType,
            ClockRate = rate,
            Track = Aac(map, parsed, config),
            Aac = new AacPayloadFormat
            {
                SizeLength = parameters.Number("sizeLength", isLow ? 6 : 13, 32),
                IndexLength = parameters.Number("indexLength", isLow ? 2 : 3, 32),
                IndexDeltaLength = parameters.Number("indexDeltaLength", isLow ? 2 : 3, 32),
                CtsDeltaLength = parameters.Number("CTSDeltaLength", 0, 32),
                DtsDeltaLength = parameters.Number("DTSDeltaLength", 0, 32),
                RandomAccessIndication = parameters.Number("randomAccessIndication", 0, 1) == 1,
                StreamStateIndication = parameters.Number("streamStateIndication", 0, 32),
                AuxiliaryDataSizeLength = parameters.Number("auxiliaryDataSizeLength", 0, 32),
                ConstantSize = parameters.Number("constantSize", 0, 65535),
                Duration = parameters.Number("constantDuration", (int)((long)parsed.SamplesPerFrame * rate / parsed.SamplingRate), 65535),
            },
        };
    }

    private static MediaFormat? Latm(byte payloadType, RtpMap map, FormatParameters parameters)
    {
        if (parameters.Number("cpresent", 1, 1) != 0)
            return null;                                    // the configuration comes in-band only
        try
        {
            var (parsed, specific) = LatmDepacketizer.ReadStreamMuxConfig(parameters.Hex("config"));
            return new()
            {
                PayloadType = payloadType,
                ClockRate = map.ClockRate > 0 ? map.ClockRate : parsed.SamplingRate,
                Track = Aac(map, parsed, specific),
                LatmSamplesPerFrame = parsed.SamplesPerFrame,
            };
        }
        catch (ProtocolException)
        {
            return null;
        }
    }

    private static Track Aac(RtpMap map, AacConfig parsed, byte[] config) => new()
    {
        Codec = Codec.Aac,
        TimeScale = map.ClockRate > 0 ? map.ClockRate : parsed.SamplingRate,
        ChannelCount = parsed.Channels > 0 ? parsed.Channels : map.Channels,
        AudioSpecificConfig = config,
    };

    private static bool TryReadConfig(byte[] config, out AacConfig parsed)
    {
        parsed = default;
        try
        {
            parsed = AacConfig.Parse(config);
            return parsed.SamplingRate > 0;
        }
        catch (ProtocolException)
        {
            return false;
        }
    }
}
