using EdgeRecorder.Bytes;
using EdgeRecorder.Media;

namespace EdgeRecorder.Mp4;

/// <summary>
/// Sample entries: `avc3`/`hev1` (ISO/IEC 14496-15, parameter sets in-band and, for players that look there first, the known ones in the
/// configuration box too), `mp4a` with `esds` (ISO/IEC 14496-14), `alaw` and `ulaw` (QuickTime's names, which every reader kept).
/// </summary>
internal static class SampleEntry
{
    private const int H264SpsType = 7;

    public static void Write(ref BoxWriter w, Track track, bool withParameterSets)
    {
        var sets = withParameterSets ? track.ParameterSets : [];
        switch (track.Codec)
        {
            case Codec.H264:
                WriteVisual(ref w, "avc3"u8, track, sets);
                break;
            case Codec.H265:
                WriteVisual(ref w, "hev1"u8, track, sets);
                break;
            case Codec.Aac:
                WriteAudio(ref w, "mp4a"u8, track);
                break;
            case Codec.G711A:
                WriteAudio(ref w, "alaw"u8, track);
                break;
            case Codec.G711U:
                WriteAudio(ref w, "ulaw"u8, track);
                break;
        }
    }

    /// <summary>Reads what <see cref="Write"/> writes.</summary>
    /// <exception cref="ProtocolException">An entry of another kind, or a field that does not fit.</exception>
    public static Track Parse(in Box entry, int timeScale)
    {
        var reader = new ByteReader(entry.Body, BoxReader.Protocol);
        reader.Bytes(8, "reserved, data_reference_index");
        if (entry.Is("avc3"u8) || entry.Is("avc1"u8) || entry.Is("hev1"u8) || entry.Is("hvc1"u8))
        {
            reader.Bytes(16, "pre_defined, reserved");
            var (width, height) = (reader.U16("width"), reader.U16("height"));
            reader.Bytes(50, "resolutions to pre_defined");
            var isH264 = entry.Bytes[4] == 'a';
            var boxes = entry.Body[reader.Offset..];
            var configuration = BoxReader.Find(boxes, entry.BodyOffset + reader.Offset, isH264 ? "avcC"u8 : "hvcC"u8);
            return new Track
            {
                Codec = isH264 ? Codec.H264 : Codec.H265,
                TimeScale = timeScale,
                Width = width,
                Height = height,
                ParameterSets = isH264 ? ParseAvcC(configuration.Body) : ParseHvcC(configuration.Body),
            };
        }
        reader.Bytes(8, "reserved");
        var channels = reader.U16("channelcount");
        reader.Bytes(10, "samplesize to samplerate");
        if (entry.Is("alaw"u8) || entry.Is("ulaw"u8))
            return new Track { Codec = entry.Is("alaw"u8) ? Codec.G711A : Codec.G711U, TimeScale = timeScale, ChannelCount = channels };
        if (!entry.Is("mp4a"u8))
            throw new ProtocolException(BoxReader.Protocol, entry.Offset, "stsd", $"sample entry '{entry.Type}' is not one of ours");
        var esds = BoxReader.Find(entry.Body[reader.Offset..], entry.BodyOffset + reader.Offset, "esds"u8);
        return new Track { Codec = Codec.Aac, TimeScale = timeScale, ChannelCount = channels, AudioSpecificConfig = ParseEsds(esds) };
    }

    private static void WriteVisual(ref BoxWriter w, ReadOnlySpan<byte> type, Track track, IReadOnlyList<byte[]> sets)
    {
        var box = w.Open(type);
        w.Zeros(6);
        w.U16(1);                                           // data_reference_index
        w.Zeros(16);
        w.U16((ushort)track.Width);
        w.U16((ushort)track.Height);
        w.U32(0x00480000);                                  // 72 dpi
        w.U32(0x00480000);
        w.U32(0);
        w.U16(1);                                           // frame_count
        w.Zeros(32);                                        // compressorname
        w.U16(0x0018);                                      // depth
        w.U16(0xFFFF);
        if (track.Codec == Codec.H264)
            WriteAvcC(ref w, sets);
        else
            WriteHvcC(ref w, sets);
        w.Close(box);
    }

    /// <summary>AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1).</summary>
    private static void WriteAvcC(ref BoxWriter w, IReadOnlyList<byte[]> sets)
    {
        var sps = sets.Where(set => set.Length > 3 && (set[0] & 0x1F) == H264SpsType).Take(31).ToList();     // 5 bits count them
        var pps = sets.Where(set => set.Length > 0 && (set[0] & 0x1F) == 8).Take(255).ToList();
        byte[] profile = sps.Count > 0 ? sps[0][1..4] : [0x42, 0, 0x1E];   // until one is known: baseline, level 3
        var box = w.Open("avcC"u8);
        w.U8(1);
        w.Bytes(profile);
        w.U8(0xFC | 3);                                     // lengthSizeMinusOne
        w.U8((byte)(0xE0 | sps.Count));
        WriteSets(ref w, sps);
        w.U8((byte)pps.Count);
        WriteSets(ref w, pps);
        if (sps.Count > 0 && profile[0] is 100 or 110 or 122 or 144)
        {
            var known = ParameterSets.OfH264(sps[0]);
            w.U8((byte)(0xFC | known.ChromaFormat));
            w.U8((byte)(0xF8 | known.BitDepthLumaMinus8));
            w.U8((byte)(0xF8 | known.BitDepthChromaMinus8));
            w.U8(0);                                        // numOfSequenceParameterSetExt
        }
        w.Close(box);
    }

    private static List<byte[]> ParseAvcC(ReadOnlySpan<byte> body)
    {
        var reader = new ByteReader(body, "ISO/IEC 14496-15 avcC");
        reader.Bytes(5, "version to lengthSizeMinusOne");
        var sets = new List<byte[]>();
        for (var left = reader.U8("numOfSequenceParameterSets") & 0x1F; left > 0; left--)
            sets.Add(reader.Bytes(reader.U16("sequenceParameterSetLength"), "SPS").ToArray());
        for (var left = reader.U8("numOfPictureParameterSets"); left > 0; left--)
            sets.Add(reader.Bytes(reader.U16("pictureParameterSetLength"), "PPS").ToArray());
        return sets;
    }

    /// <summary>HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3.1).</summary>
    private static void WriteHvcC(ref BoxWriter w, IReadOnlyList<byte[]> sets)
    {
        var known = ParameterSets.OfH265(sets);
        var box = w.Open("hvcC"u8);
        w.U8(1);
        w.Bytes(known.ProfileTierLevel);                    // profile space, tier, profile, compatibility, constraints, level
        w.U16(0xF000);                                      // min_spatial_segmentation_idc unknown
        w.U8(0xFC);                                         // parallelismType unknown
        w.U8((byte)(0xFC | known.ChromaFormat));
        w.U8((byte)(0xF8 | known.BitDepthLumaMinus8));
        w.U8((byte)(0xF8 | known.BitDepthChromaMinus8));
        w.U16(0);                                           // avgFrameRate unknown
        w.U8((byte)(known.TemporalLayers << 3 | (known.TemporalIdNested ? 4 : 0) | 3));
        var arrays = sets.Where(set => set.Length > 2).GroupBy(set => (byte)(set[0] >> 1 & 0x3F)).ToList();
        w.U8((byte)arrays.Count);
        foreach (var array in arrays)
        {
            w.U8(array.Key);                                // array_completeness 0: more of them in-band
            w.U16((ushort)array.Count());
            WriteSets(ref w, array);
        }
        w.Close(box);
    }

    private static List<byte[]> ParseHvcC(ReadOnlySpan<byte> body)
    {
        var reader = new ByteReader(body, "ISO/IEC 14496-15 hvcC");
        reader.Bytes(22, "version to lengthSizeMinusOne");
        var sets = new List<byte[]>();
        for (var arrays = reader.U8("numOfArrays"); arrays > 0; arrays--)
        {
            reader.U8("NAL_unit_type");
            for (var left = reader.U16("numNalus"); left > 0; left--)
                sets.Add(reader.Bytes(reader.U16("nalUnitLength"), "NAL unit").ToArray());
        }
        return sets;
    }

    private static void WriteSets(ref BoxWriter w, IEnumerable<byte[]> sets)
    {
        foreach (var set in sets)
        {
            w.U16((ushort)set.Length);
            w.Bytes(set);
        }
    }

    private static void WriteAudio(ref BoxWriter w, ReadOnlySpan<byte> type, Track track)
    {
        var box = w.Open(type);
        w.Zeros(6);
        w.U16(1);                                           // data_reference_index
        w.Zeros(8);
        w.U16((ushort)Math.Max(1, track.ChannelCount));
        w.U16(16);                                          // bits of a decoded sample, for G.711 too
        w.U32(0);
        w.U32(track.TimeScale <= ushort.MaxValue ? (uint)track.TimeScale << 16 : 0);
        if (track.Codec == Codec.Aac)
            WriteEsds(ref w, track.AudioSpecificConfig);
        w.Close(box);
    }

    /// <summary>ES_Descriptor (ISO/IEC 14496-1, 7.2.6.5) with DecoderConfigDescriptor, DecoderSpecificInfo and SLConfigDescriptor.</summary>
    private static void WriteEsds(ref BoxWriter w, byte[] config)
    {
        var box = w.Open("esds"u8, 0, 0);
        OpenDescriptor(ref w, 3, 3 + 5 + 13 + 5 + config.Length + 5 + 1);
        w.U16(0);                                           // ES_ID: 0 in files (14496-14, 3.1.2)
        w.U8(0);
        OpenDescriptor(ref w, 4, 13 + 5 + config.Length);
        w.U8(0x40);                                         // objectTypeIndication: ISO/IEC 14496-3
        w.U8(0x15);                                         // streamType 5 (audio), upStream 0, reserved 1
        w.Zeros(3 + 4 + 4);                                 // bufferSizeDB, maxBitrate, avgBitrate unknown
        OpenDescriptor(ref w, 5, config.Length);
        w.Bytes(config);
        OpenDescriptor(ref w, 6, 1);
        w.U8(2);                                            // predefined: MP4 file
        w.Close(box);
    }

    /// <summary>Tag and a size of four bytes of 7 bits (ISO/IEC 14496-1, 8.3.3).</summary>
    private static void OpenDescriptor(ref BoxWriter w, byte tag, int length)
    {
        w.U8(tag);
        w.U8((byte)(0x80 | length >> 21 & 0x7F));
        w.U8((byte)(0x80 | length >> 14 & 0x7F));
        w.U8((byte)(0x80 | length >> 7 & 0x7F));
        w.U8((byte)(length & 0x7F));
    }

    private static byte[] ParseEsds(in Box esds)
    {
        var reader = esds.Full(out _, out _);
        ReadDescriptor(ref reader, 3);
        reader.Bytes(3, "ES_ID, flags");
        ReadDescriptor(ref reader, 4);
        reader.Bytes(13, "objectTypeIndication to avgBitrate");
        return reader.Bytes(ReadDescriptor(ref reader, 5), "DecoderSpecificInfo").ToArray();
    }

    private static int ReadDescriptor(ref ByteReader reader, byte tag)
    {
        if (reader.U8("descriptor tag") is var found && found != tag)
            throw new ProtocolException("ISO/IEC 14496-1", reader.Offset - 1, "descriptor tag", $"is {found}, {tag} belongs here");
        var length = 0;
        for (var i = 0; i < 4; i++)
        {
            var part = reader.U8("descriptor size");
            length = length << 7 | part & 0x7F;
            if (part < 0x80)
                break;
        }
        return length;
    }
}
