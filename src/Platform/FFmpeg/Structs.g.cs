// Written by the program `generate` beside this file, from FFmpeg's C headers. Do not edit.
#nullable enable
#pragma warning disable CS8981, IDE1006, CA1707, CA1711, CA1712
using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.FFmpeg;

[StructLayout(LayoutKind.Explicit, Size = 8)]
internal unsafe struct AVRational
{
    [FieldOffset(0)] public int @num;
    [FieldOffset(4)] public int @den;
}

[StructLayout(LayoutKind.Explicit, Size = 24)]
internal unsafe struct AVChannelLayout
{
    [FieldOffset(0)] public AVChannelOrder @order;
    [FieldOffset(4)] public int @nb_channels;
}

internal struct AVDictionary;

internal struct AVInputFormat;

internal struct AVCodec;

internal struct AVBitStreamFilter;

internal struct SwsContext;

internal struct SwsFilter;

[StructLayout(LayoutKind.Explicit, Size = 216)]
internal unsafe struct AVIOContext
{
    [FieldOffset(8)] public byte* @buffer;
    [FieldOffset(84)] public int @error;
}

[StructLayout(LayoutKind.Explicit, Size = 176)]
internal unsafe struct AVOutputFormat
{
    [FieldOffset(44)] public int @flags;
}

[StructLayout(LayoutKind.Explicit, Size = 472)]
internal unsafe struct AVFormatContext
{
    [FieldOffset(16)] public AVOutputFormat* @oformat;
    [FieldOffset(32)] public AVIOContext* @pb;
    [FieldOffset(44)] public uint @nb_streams;
    [FieldOffset(48)] public AVStream** @streams;
    [FieldOffset(96)] public int @flags;
    [FieldOffset(176)] public AVDictionary* @metadata;
}

[StructLayout(LayoutKind.Explicit, Size = 224)]
internal unsafe struct AVStream
{
    [FieldOffset(0)] public int @index;
    [FieldOffset(16)] public AVRational @time_base;
    [FieldOffset(56)] public AVRational @sample_aspect_ratio;
    [FieldOffset(72)] public AVRational @avg_frame_rate;
    [FieldOffset(200)] public AVRational @r_frame_rate;
    [FieldOffset(208)] public AVCodecParameters* @codecpar;
}

[StructLayout(LayoutKind.Explicit, Size = 168)]
internal unsafe struct AVCodecParameters
{
    [FieldOffset(0)] public AVMediaType @codec_type;
    [FieldOffset(4)] public AVCodecID @codec_id;
    [FieldOffset(8)] public uint @codec_tag;
    [FieldOffset(16)] public byte* @extradata;
    [FieldOffset(24)] public int @extradata_size;
    [FieldOffset(28)] public int @format;
    [FieldOffset(32)] public long @bit_rate;
    [FieldOffset(56)] public int @width;
    [FieldOffset(60)] public int @height;
    [FieldOffset(64)] public AVRational @sample_aspect_ratio;
    [FieldOffset(116)] public int @sample_rate;
    [FieldOffset(124)] public int @frame_size;
    [FieldOffset(144)] public AVChannelLayout @ch_layout;
}

[StructLayout(LayoutKind.Explicit, Size = 104)]
internal unsafe struct AVPacket
{
    [FieldOffset(8)] public long @pts;
    [FieldOffset(16)] public long @dts;
    [FieldOffset(24)] public byte* @data;
    [FieldOffset(32)] public int @size;
    [FieldOffset(36)] public int @stream_index;
    [FieldOffset(40)] public int @flags;
    [FieldOffset(64)] public long @duration;
}

[StructLayout(LayoutKind.Explicit, Size = 472)]
internal unsafe struct AVFrame
{
    [FieldOffset(0)] public byte_ptrArray8 @data;
    [FieldOffset(64)] public int_array8 @linesize;
    [FieldOffset(104)] public int @width;
    [FieldOffset(108)] public int @height;
    [FieldOffset(112)] public int @nb_samples;
    [FieldOffset(116)] public int @format;
    [FieldOffset(128)] public AVRational @sample_aspect_ratio;
    [FieldOffset(136)] public long @pts;
    [FieldOffset(168)] public int @quality;
    [FieldOffset(208)] public int @sample_rate;
    [FieldOffset(320)] public AVColorRange @color_range;
    [FieldOffset(332)] public AVColorSpace @colorspace;
    [FieldOffset(344)] public long @best_effort_timestamp;
    [FieldOffset(448)] public AVChannelLayout @ch_layout;
}

[StructLayout(LayoutKind.Explicit, Size = 944)]
internal unsafe struct AVCodecContext
{
    [FieldOffset(24)] public AVCodecID @codec_id;
    [FieldOffset(32)] public void* @priv_data;
    [FieldOffset(56)] public long @bit_rate;
    [FieldOffset(68)] public int @global_quality;
    [FieldOffset(76)] public int @flags;
    [FieldOffset(88)] public byte* @extradata;
    [FieldOffset(96)] public int @extradata_size;
    [FieldOffset(100)] public AVRational @time_base;
    [FieldOffset(116)] public int @width;
    [FieldOffset(120)] public int @height;
    [FieldOffset(132)] public int @gop_size;
    [FieldOffset(136)] public AVPixelFormat @pix_fmt;
    [FieldOffset(160)] public int @max_b_frames;
    [FieldOffset(216)] public AVRational @sample_aspect_ratio;
    [FieldOffset(332)] public AVColorSpace @colorspace;
    [FieldOffset(336)] public AVColorRange @color_range;
    [FieldOffset(352)] public int @sample_rate;
    [FieldOffset(360)] public AVSampleFormat @sample_fmt;
    [FieldOffset(364)] public int @frame_size;
    [FieldOffset(636)] public int @thread_count;
    [FieldOffset(640)] public int @thread_type;
    [FieldOffset(712)] public AVRational @framerate;
    [FieldOffset(724)] public AVRational @pkt_timebase;
    [FieldOffset(864)] public long @max_pixels;
    [FieldOffset(920)] public AVChannelLayout @ch_layout;
}

[StructLayout(LayoutKind.Explicit, Size = 56)]
internal unsafe struct AVBSFContext
{
    [FieldOffset(24)] public AVCodecParameters* @par_in;
    [FieldOffset(32)] public AVCodecParameters* @par_out;
    [FieldOffset(40)] public AVRational @time_base_in;
    [FieldOffset(48)] public AVRational @time_base_out;
}

/// <summary>8 of them, back to back.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct byte_ptrArray8
{
    private byte* _0, _1, _2, _3, _4, _5, _6, _7;

    public byte* this[uint i]
    {
        get => At(i);
        set => At(i) = value;
    }

    private ref byte* At(uint i)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(i, 8u);
        fixed (byte** first = &_0)
            return ref first[i];
    }
}

/// <summary>8 of them, back to back.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct int_array8
{
    private int _0, _1, _2, _3, _4, _5, _6, _7;

    public int this[uint i]
    {
        get => At(i);
        set => At(i) = value;
    }

    private ref int At(uint i)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(i, 8u);
        fixed (int* first = &_0)
            return ref first[i];
    }
}
