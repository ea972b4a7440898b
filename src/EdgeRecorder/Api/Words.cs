using EdgeRecorder.Health;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Panel;
using EdgeRecorder.Recording;

namespace EdgeRecorder.Api;

/// <summary>Values as the API and the metrics spell them.</summary>
internal static class Words
{
    public static string Of(ChannelState state) => state switch
    {
        ChannelState.Idle => "idle",
        ChannelState.Connecting => "connecting",
        ChannelState.Live => "live",
        ChannelState.Recording => "recording",
        ChannelState.Offline => "offline",
        _ => "refused",
    };

    public static string Of(PreEndOfLife life) => life switch { PreEndOfLife.Normal => "normal", PreEndOfLife.Warning => "warning", _ => "urgent" };

    public static string Of(IgnitionState state) => state switch { IgnitionState.On => "on", IgnitionState.Off => "off", _ => "leaving" };

    public static string Of(GapReason reason) => reason switch
    {
        GapReason.NotRecording => "not-recording",
        GapReason.Offline => "offline",
        GapReason.Unauthorized => "unauthorized",
        GapReason.Stalled => "stalled",
        GapReason.Reconnect => "reconnect",
        GapReason.Loss => "loss",
        GapReason.Overload => "overload",
        GapReason.Restart => "restart",
        GapReason.PowerCut => "power-cut",
        GapReason.Unreadable => "unreadable",
        GapReason.Evicted => "evicted",
        _ => "disk-fault",
    };

    public static string Of(Codec codec) => codec switch { Codec.H264 => "h264", Codec.H265 => "h265", Codec.Aac => "aac", Codec.G711A => "g711a", _ => "g711u" };

    public static string Of(LockState state) => state == LockState.Copied ? "copied" : "pinned";

    public static string Of(ClockQuality quality) => quality switch
    {
        ClockQuality.Ntp => "ntp", ClockQuality.Gps => "gps", ClockQuality.Device => "device", ClockQuality.Rtc => "rtc", _ => "unset",
    };
}
