namespace EdgeRecorder.Configuration;

internal sealed class PanelOptions
{
    public string Chip { get; set; } = "auto";
    public string RecordLed { get; set; } = "REC_LED";
    public string FaultLed { get; set; } = "FAULT_LED";
    public string NetworkLed { get; set; } = "NET_LED";
    public string ChannelLeds { get; set; } = "CH*_LED";
    public string RecordButton { get; set; } = "REC_BUTTON";
    public string Ignition { get; set; } = "ACC";
    public string PowerFail { get; set; } = "POWER_FAIL";
    public string AlarmInputs { get; set; } = "ALARM_IN*";
    public string AlarmOutputs { get; set; } = "ALARM_OUT*";
    public string Buzzer { get; set; } = "BUZZER";
    public List<string> ActiveLow { get; set; } = ["REC_BUTTON"];
    public List<string> PullUp { get; set; } = ["REC_BUTTON"];
    public List<string> PullDown { get; set; } = [];
    public List<string> Channels { get; set; } = [];
    public bool ClipBlink { get; set; }
    public int LockSeconds { get; set; } = 60;
    public int AlarmBeforeSeconds { get; set; } = 30;
    public int AlarmAfterSeconds { get; set; } = 60;
    public int AlarmLongestSeconds { get; set; } = 300;
    public int AlarmOutputSeconds { get; set; }
    public int IgnitionDelaySeconds { get; set; } = 60;
    public bool PowerOff { get; set; } = true;

    public static readonly Section<PanelOptions> Keys = new(
        "LEDs, buttons and vehicle inputs, by the line names of the GPIO chip; a line that does not exist is left alone, an empty name means none. Without such a chip the panel is simulated.",
        new Value<PanelOptions, string>("chip", Kinds.Text, o => o.Chip, (o, v) => o.Chip = v,
            "GPIO chip, by name, label or path: `auto` takes the first one that has any of the lines below, `none` none."),
        new Value<PanelOptions, string>("recordLed", Kinds.Text, o => o.RecordLed, (o, v) => o.RecordLed = v,
            "On while anything is recorded; blinks slowly while something should be and no media comes, fast on a fault."),
        new Value<PanelOptions, string>("faultLed", Kinds.Text, o => o.FaultLed, (o, v) => o.FaultLed = v, "On while the volume or a channel has a fault; blinks while a channel that should record gets no media."),
        new Value<PanelOptions, string>("networkLed", Kinds.Text, o => o.NetworkLed, (o, v) => o.NetworkLed = v, "On while a source delivers; blinks while one should and none does."),
        new Value<PanelOptions, string>("channelLeds", Kinds.Text, o => o.ChannelLeds, (o, v) => o.ChannelLeds = v, "As the record LED, for one channel; the star is its number."),
        new Value<PanelOptions, string>("recordButton", Kinds.Text, o => o.RecordButton, (o, v) => o.RecordButton = v,
            "Short: starts or stops the button's recording. 3 s: locks what was just recorded. 10 s: restores the network settings."),
        new Value<PanelOptions, string>("ignition", Kinds.Text, o => o.Ignition, (o, v) => o.Ignition = v, "Ignition of the vehicle. Off: a sync at once, and the box is switched off after the delay."),
        new Value<PanelOptions, string>("powerFail", Kinds.Text, o => o.PowerFail, (o, v) => o.PowerFail = v, "Early warning of the supply: a sync at once, lights out."),
        new Value<PanelOptions, string>("alarmInputs", Kinds.Text, o => o.AlarmInputs, (o, v) => o.AlarmInputs = v, "Contacts that make an event and lock the footage around it; the star is their number."),
        new Value<PanelOptions, string>("alarmOutputs", Kinds.Text, o => o.AlarmOutputs, (o, v) => o.AlarmOutputs = v, "Contacts that the API switches, or the alarm input of the same number."),
        new Value<PanelOptions, string>("buzzer", Kinds.Text, o => o.Buzzer, (o, v) => o.Buzzer = v, "Beeps with the flashes of a long press, and three times when a fault begins."),
        new Value<PanelOptions, List<string>>("activeLow", Kinds.TextList, o => o.ActiveLow, (o, v) => o.ActiveLow = v, "Lines that are active while they are low: a button to ground."),
        new Value<PanelOptions, List<string>>("pullUp", Kinds.TextList, o => o.PullUp, (o, v) => o.PullUp = v, "Inputs that the chip pulls up. Others are as firmware and board have them."),
        new Value<PanelOptions, List<string>>("pullDown", Kinds.TextList, o => o.PullDown, (o, v) => o.PullDown = v, "Inputs that the chip pulls down."),
        new Value<PanelOptions, List<string>>("channels", Kinds.TextList, o => o.Channels, (o, v) => o.Channels = v, "Keys of the channels that button and alarm inputs act on. Empty: all."),
        new Value<PanelOptions, bool>("clipBlink", Kinds.Flag, o => o.ClipBlink, (o, v) => o.ClipBlink = v,
            "Blink the record LED at 1 Hz while a clip is cut. False: one dark pulse every two seconds, because a steady light is what drivers are taught."),
        new Value<PanelOptions, int>("lockSeconds", Kinds.Integer(1, 3600), o => o.LockSeconds, (o, v) => o.LockSeconds = v, "Footage that a press of 3 s locks."),
        new Value<PanelOptions, int>("alarmBeforeSeconds", Kinds.Integer(0, 3600), o => o.AlarmBeforeSeconds, (o, v) => o.AlarmBeforeSeconds = v, "Footage locked before an alarm input begins."),
        new Value<PanelOptions, int>("alarmAfterSeconds", Kinds.Integer(1, 3600), o => o.AlarmAfterSeconds, (o, v) => o.AlarmAfterSeconds = v, "Footage locked behind its end."),
        new Value<PanelOptions, int>("alarmLongestSeconds", Kinds.Integer(1, 86400), o => o.AlarmLongestSeconds, (o, v) => o.AlarmLongestSeconds = v,
            "What is locked at the most of one that stands on: a door left open must not fill the event pool."),
        new Value<PanelOptions, int>("alarmOutputSeconds", Kinds.Integer(0, 3600), o => o.AlarmOutputSeconds, (o, v) => o.AlarmOutputSeconds = v,
            "How long an alarm input closes the output of its number. 0: not at all."),
        new Value<PanelOptions, int>("ignitionDelaySeconds", Kinds.Integer(5, 86400), o => o.IgnitionDelaySeconds, (o, v) => o.IgnitionDelaySeconds = v,
            "How long recording goes on behind the ignition: it carries over cranking and short stops, and the vehicle's battery pays for it."),
        new Value<PanelOptions, bool>("powerOff", Kinds.Flag, o => o.PowerOff, (o, v) => o.PowerOff = v, "Switch the box off behind that delay. False: it goes on recording until the supply goes."));
}
