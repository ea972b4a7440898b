using EdgeRecorder.Media;

namespace EdgeRecorder.H26x;

internal enum NalKind : byte { Other, Slice, Vps, Sps, Pps, Sei, Delimiter, Filler }

/// <summary>What the first bytes of a NAL unit say of the picture it belongs to.</summary>
internal readonly record struct NalHead
{
    public required NalKind Kind { get; init; }

    /// <summary>First slice of its picture: first_mb_in_slice = 0, or first_slice_segment_in_pic_flag.</summary>
    public bool IsFirstSlice { get; init; }

    /// <summary>H.264 IDR, H.265 IRAP.</summary>
    public bool IsRandomAccess { get; init; }

    /// <summary>Other pictures may refer to it: H.264 nal_ref_idc is not 0.</summary>
    public bool IsReference { get; init; }

    /// <summary>All slices of the picture, or at least this one, are I slices. H.264 only.</summary>
    public bool IsIntra { get; init; }

    /// <summary>H.265 RASL: refers to pictures before its CRA, not decodable when decoding begins there (H.265 3.128).</summary>
    public bool IsSkippedLeading { get; init; }

    /// <summary>H.265 RADL or RASL.</summary>
    public bool IsLeading { get; init; }

    /// <param name="start">From the NAL unit header on; some ten bytes suffice.</param>
    public static NalHead Read(Codec codec, ReadOnlySpan<byte> start)
        => start.IsEmpty ? new() { Kind = NalKind.Other } : codec == Codec.H264 ? ReadH264(start) : ReadH265(start);

    private static NalHead ReadH264(ReadOnlySpan<byte> start) => (start[0] & 0x1F) switch     // Table 7-1
    {
        1 or 2 or 5 => new()
        {
            Kind = NalKind.Slice,
            IsFirstSlice = start.Length > 1 && (start[1] & 0x80) != 0,
            IsRandomAccess = (start[0] & 0x1F) == 5,
            IsReference = (start[0] & 0x60) != 0,
            IsIntra = start.Length > 1 && IsIntraSlice(start[1]),
        },
        3 or 4 => new() { Kind = NalKind.Slice, IsReference = (start[0] & 0x60) != 0 },
        6 => new() { Kind = NalKind.Sei },
        7 => new() { Kind = NalKind.Sps },
        8 => new() { Kind = NalKind.Pps },
        9 => new() { Kind = NalKind.Delimiter },
        12 => new() { Kind = NalKind.Filler },
        _ => new() { Kind = NalKind.Other },
    };

    private static NalHead ReadH265(ReadOnlySpan<byte> start)                                 // Table 7-1
    {
        var type = start[0] >> 1 & 0x3F;
        return type switch
        {
            < 32 => new()
            {
                Kind = NalKind.Slice,
                IsFirstSlice = start.Length > 2 && (start[2] & 0x80) != 0,
                IsRandomAccess = type is >= 16 and <= 23,
                // An even type below 16 is no reference within its sub-layer, but may be one for higher ones, and which is the highest
                // stands in the VPS only: taken as a reference.
                IsReference = true,
                IsSkippedLeading = type is 8 or 9,
                IsLeading = type is >= 6 and <= 9,
            },
            32 => new() { Kind = NalKind.Vps },
            33 => new() { Kind = NalKind.Sps },
            34 => new() { Kind = NalKind.Pps },
            35 => new() { Kind = NalKind.Delimiter },
            38 => new() { Kind = NalKind.Filler },
            39 => new() { Kind = NalKind.Sei },
            _ => new() { Kind = NalKind.Other },
        };
    }

    /// <summary>slice_type 2 or 7 behind first_mb_in_slice = 0: bits 1 011 or 1 0001000.</summary>
    private static bool IsIntraSlice(byte slice) => (slice & 0xF0) == 0xB0 || slice == 0x88;
}
