using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.Gpio;

// linux/gpio.h, uAPI v2 (kernel 5.10 and later), with its own names. A test holds sizes, offsets and numbers to the headers of x86-64 and arm64.

[StructLayout(LayoutKind.Explicit, Size = 68)]
internal unsafe struct gpiochip_info
{
    [FieldOffset(0)] public fixed byte name[32];
    [FieldOffset(32)] public fixed byte label[32];
    [FieldOffset(64)] public uint lines;
}

[StructLayout(LayoutKind.Explicit, Size = 256)]
internal unsafe struct gpio_v2_line_info
{
    [FieldOffset(0)] public fixed byte name[32];
    [FieldOffset(32)] public fixed byte consumer[32];
    [FieldOffset(64)] public uint offset;
    [FieldOffset(68)] public uint num_attrs;
    [FieldOffset(72)] public ulong flags;
}

[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct gpio_v2_line_attribute
{
    [FieldOffset(0)] public uint id;
    [FieldOffset(8)] public ulong values;                   // a union with the next
    [FieldOffset(8)] public uint debounce_period_us;
}

[StructLayout(LayoutKind.Explicit, Size = 24)]
internal struct gpio_v2_line_config_attribute
{
    [FieldOffset(0)] public gpio_v2_line_attribute attr;
    [FieldOffset(16)] public ulong mask;
}

[StructLayout(LayoutKind.Explicit, Size = 272)]
internal unsafe struct gpio_v2_line_config
{
    [FieldOffset(0)] public ulong flags;
    [FieldOffset(8)] public uint num_attrs;
    [FieldOffset(32)] public fixed byte attrs[240];         // ten of gpio_v2_line_config_attribute
}

[StructLayout(LayoutKind.Explicit, Size = 592)]
internal unsafe struct gpio_v2_line_request
{
    [FieldOffset(0)] public fixed uint offsets[64];
    [FieldOffset(256)] public fixed byte consumer[32];
    [FieldOffset(288)] public gpio_v2_line_config config;
    [FieldOffset(560)] public uint num_lines;
    [FieldOffset(564)] public uint event_buffer_size;
    [FieldOffset(588)] public int fd;
}

[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct gpio_v2_line_values
{
    [FieldOffset(0)] public ulong bits;
    [FieldOffset(8)] public ulong mask;
}

[StructLayout(LayoutKind.Explicit, Size = 48)]
internal struct gpio_v2_line_event
{
    [FieldOffset(0)] public ulong timestamp_ns;             // CLOCK_MONOTONIC
    [FieldOffset(8)] public uint id;
    [FieldOffset(12)] public uint offset;
    [FieldOffset(16)] public uint seqno;
    [FieldOffset(20)] public uint line_seqno;
}

/// <summary>Numbers of linux/gpio.h.</summary>
internal static class GpioAbi
{
    public const uint GPIO_GET_CHIPINFO_IOCTL = 0x8044b401;
    public const uint GPIO_V2_GET_LINEINFO_IOCTL = 0xc100b405;
    public const uint GPIO_V2_GET_LINE_IOCTL = 0xc250b407;
    public const uint GPIO_V2_LINE_SET_CONFIG_IOCTL = 0xc110b40d;
    public const uint GPIO_V2_LINE_GET_VALUES_IOCTL = 0xc010b40e;
    public const uint GPIO_V2_LINE_SET_VALUES_IOCTL = 0xc010b40f;

    public const ulong GPIO_V2_LINE_FLAG_USED = 1, GPIO_V2_LINE_FLAG_ACTIVE_LOW = 2, GPIO_V2_LINE_FLAG_INPUT = 4, GPIO_V2_LINE_FLAG_OUTPUT = 8,
        GPIO_V2_LINE_FLAG_EDGE_RISING = 16, GPIO_V2_LINE_FLAG_EDGE_FALLING = 32, GPIO_V2_LINE_FLAG_BIAS_PULL_UP = 256, GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN = 512;

    public const uint GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES = 2, GPIO_V2_LINE_ATTR_ID_DEBOUNCE = 3;
    public const uint GPIO_V2_LINE_EVENT_RISING_EDGE = 1, GPIO_V2_LINE_EVENT_FALLING_EDGE = 2;
}
