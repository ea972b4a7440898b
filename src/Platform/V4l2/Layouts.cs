using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.V4l2;

// linux/videodev2.h with its own names: what 64-bit systems have. A test holds sizes, offsets and numbers to the headers of x86-64 and arm64.

[StructLayout(LayoutKind.Explicit, Size = 104)]
internal unsafe struct v4l2_capability
{
    [FieldOffset(0)] public fixed byte driver[16];
    [FieldOffset(16)] public fixed byte card[32];
    [FieldOffset(48)] public fixed byte bus_info[32];
    [FieldOffset(80)] public uint version;
    [FieldOffset(84)] public uint capabilities;
    [FieldOffset(88)] public uint device_caps;
}

[StructLayout(LayoutKind.Explicit, Size = 64)]
internal unsafe struct v4l2_fmtdesc
{
    [FieldOffset(0)] public uint index;
    [FieldOffset(4)] public uint type;
    [FieldOffset(8)] public uint flags;
    [FieldOffset(12)] public fixed byte description[32];
    [FieldOffset(44)] public uint pixelformat;
}

[StructLayout(LayoutKind.Explicit, Size = 48)]
internal struct v4l2_pix_format
{
    [FieldOffset(0)] public uint width;
    [FieldOffset(4)] public uint height;
    [FieldOffset(8)] public uint pixelformat;
    [FieldOffset(12)] public uint field;
    [FieldOffset(16)] public uint bytesperline;
    [FieldOffset(20)] public uint sizeimage;
    [FieldOffset(24)] public uint colorspace;
}

[StructLayout(LayoutKind.Explicit, Size = 20)]
internal struct v4l2_plane_pix_format
{
    [FieldOffset(0)] public uint sizeimage;
    [FieldOffset(4)] public uint bytesperline;
}

[StructLayout(LayoutKind.Explicit, Size = 192)]
internal unsafe struct v4l2_pix_format_mplane
{
    [FieldOffset(0)] public uint width;
    [FieldOffset(4)] public uint height;
    [FieldOffset(8)] public uint pixelformat;
    [FieldOffset(12)] public uint field;
    [FieldOffset(16)] public uint colorspace;
    [FieldOffset(20)] public fixed byte plane_fmt[160];     // eight of v4l2_plane_pix_format
    [FieldOffset(180)] public byte num_planes;
}

[StructLayout(LayoutKind.Explicit, Size = 208)]
internal unsafe struct v4l2_format
{
    [FieldOffset(0)] public uint type;
    [FieldOffset(8)] public fixed byte fmt[200];            // v4l2_pix_format or v4l2_pix_format_mplane
}

[StructLayout(LayoutKind.Explicit, Size = 20)]
internal struct v4l2_requestbuffers
{
    [FieldOffset(0)] public uint count;
    [FieldOffset(4)] public uint type;
    [FieldOffset(8)] public uint memory;
    [FieldOffset(12)] public uint capabilities;
}

[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct v4l2_plane
{
    [FieldOffset(0)] public uint bytesused;
    [FieldOffset(4)] public uint length;
    [FieldOffset(8)] public ulong m;                        // mem_offset (32 bits), or fd (32 bits)
    [FieldOffset(16)] public uint data_offset;
}

[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct timeval
{
    [FieldOffset(0)] public long tv_sec;
    [FieldOffset(8)] public long tv_usec;
}

[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct v4l2_timecode
{
    [FieldOffset(0)] public uint type;
    [FieldOffset(4)] public uint flags;
}

[StructLayout(LayoutKind.Explicit, Size = 88)]
internal struct v4l2_buffer
{
    [FieldOffset(0)] public uint index;
    [FieldOffset(4)] public uint type;
    [FieldOffset(8)] public uint bytesused;
    [FieldOffset(12)] public uint flags;
    [FieldOffset(16)] public uint field;
    [FieldOffset(24)] public timeval timestamp;
    [FieldOffset(40)] public v4l2_timecode timecode;
    [FieldOffset(56)] public uint sequence;
    [FieldOffset(60)] public uint memory;
    [FieldOffset(64)] public ulong m;                       // offset (32 bits), fd (32 bits), or pointer to planes
    [FieldOffset(72)] public uint length;                   // bytes, or number of planes
}

[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct v4l2_exportbuffer
{
    [FieldOffset(0)] public uint type;
    [FieldOffset(4)] public uint index;
    [FieldOffset(8)] public uint plane;
    [FieldOffset(12)] public uint flags;
    [FieldOffset(16)] public int fd;
}

[StructLayout(LayoutKind.Explicit, Size = 20)]
internal struct v4l2_ext_control
{
    [FieldOffset(0)] public uint id;
    [FieldOffset(4)] public uint size;
    [FieldOffset(12)] public long value64;                  // a 32-bit value in its lower half
}

[StructLayout(LayoutKind.Explicit, Size = 32)]
internal unsafe struct v4l2_ext_controls
{
    [FieldOffset(0)] public uint which;
    [FieldOffset(4)] public uint count;
    [FieldOffset(8)] public uint error_idx;
    [FieldOffset(24)] public v4l2_ext_control* controls;
}

[StructLayout(LayoutKind.Explicit, Size = 232)]
internal unsafe struct v4l2_query_ext_ctrl
{
    [FieldOffset(0)] public uint id;
    [FieldOffset(4)] public uint type;
    [FieldOffset(8)] public fixed byte name[32];
    [FieldOffset(40)] public long minimum;
    [FieldOffset(48)] public long maximum;
    [FieldOffset(56)] public ulong step;
    [FieldOffset(64)] public long default_value;
    [FieldOffset(72)] public uint flags;
}

[StructLayout(LayoutKind.Explicit, Size = 8)]
internal struct v4l2_fract
{
    [FieldOffset(0)] public uint numerator;
    [FieldOffset(4)] public uint denominator;
}

[StructLayout(LayoutKind.Explicit, Size = 40)]
internal struct v4l2_captureparm
{
    [FieldOffset(0)] public uint capability;
    [FieldOffset(8)] public v4l2_fract timeperframe;
}

[StructLayout(LayoutKind.Explicit, Size = 204)]
internal unsafe struct v4l2_streamparm
{
    [FieldOffset(0)] public uint type;
    [FieldOffset(4)] public fixed byte parm[200];           // v4l2_captureparm; of an output the same place has the same meaning
}

[StructLayout(LayoutKind.Explicit, Size = 24)]
internal struct v4l2_frmsize_stepwise
{
    [FieldOffset(0)] public uint min_width;                 // of a discrete size its width
    [FieldOffset(4)] public uint max_width;                 // and its height
    [FieldOffset(8)] public uint step_width;
    [FieldOffset(12)] public uint min_height;
    [FieldOffset(16)] public uint max_height;
    [FieldOffset(20)] public uint step_height;
}

[StructLayout(LayoutKind.Explicit, Size = 44)]
internal struct v4l2_frmsizeenum
{
    [FieldOffset(0)] public uint index;
    [FieldOffset(4)] public uint pixel_format;
    [FieldOffset(8)] public uint type;
    [FieldOffset(12)] public v4l2_frmsize_stepwise stepwise;
}

[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct v4l2_rect
{
    [FieldOffset(0)] public int left;
    [FieldOffset(4)] public int top;
    [FieldOffset(8)] public uint width;
    [FieldOffset(12)] public uint height;
}

[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct v4l2_selection
{
    [FieldOffset(0)] public uint type;
    [FieldOffset(4)] public uint target;
    [FieldOffset(8)] public uint flags;
    [FieldOffset(12)] public v4l2_rect r;
}

[StructLayout(LayoutKind.Explicit, Size = 40)]
internal struct v4l2_encoder_cmd
{
    [FieldOffset(0)] public uint cmd;
    [FieldOffset(4)] public uint flags;
}

[StructLayout(LayoutKind.Explicit, Size = 72)]
internal struct v4l2_decoder_cmd
{
    [FieldOffset(0)] public uint cmd;
    [FieldOffset(4)] public uint flags;
}

[StructLayout(LayoutKind.Explicit, Size = 32)]
internal struct v4l2_event_subscription
{
    [FieldOffset(0)] public uint type;
    [FieldOffset(4)] public uint id;
    [FieldOffset(8)] public uint flags;
}

[StructLayout(LayoutKind.Explicit, Size = 136)]
internal unsafe struct v4l2_event
{
    [FieldOffset(0)] public uint type;
    [FieldOffset(8)] public fixed byte u[64];
    [FieldOffset(72)] public uint pending;
    [FieldOffset(76)] public uint sequence;
    [FieldOffset(96)] public uint id;
}
