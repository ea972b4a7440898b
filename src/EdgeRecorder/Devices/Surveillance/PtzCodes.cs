using EdgeRecorder.Gb28181.Manscdp;

namespace EdgeRecorder.Devices.Surveillance;

/// <summary>What the API's moves are in PTZCmd (GB/T 28181-2016, A.3).</summary>
internal static class PtzCodes
{
    /// <summary>Auxiliary switches: 1 is the wiper by the standard, 2 the lamp by custom.</summary>
    private const int Wiper = 1, Lamp = 2;

    /// <summary>Zoom has 16 speeds where the others have 256.</summary>
    private const int ZoomStep = 16;

    /// <summary>Focus and iris run by themselves and have a stop of their own.</summary>
    public static bool IsLens(PtzAction action) => action is PtzAction.FocusFar or PtzAction.FocusNear or PtzAction.IrisOpen or PtzAction.IrisClose;

    /// <summary>In this order. A stop ends everything that may run.</summary>
    public static IReadOnlyList<PtzCode> Of(Devices.PtzMove move, bool lensRuns)
    {
        var speed = Math.Max(1, (int)move.Speed);
        var zoom = Math.Max(1, move.Speed / ZoomStep);
        return move.Action switch
        {
            PtzAction.Up => [PtzCode.Move(new(0, speed, 0))],
            PtzAction.Down => [PtzCode.Move(new(0, -speed, 0))],
            PtzAction.Left => [PtzCode.Move(new(-speed, 0, 0))],
            PtzAction.Right => [PtzCode.Move(new(speed, 0, 0))],
            PtzAction.UpLeft => [PtzCode.Move(new(-speed, speed, 0))],
            PtzAction.UpRight => [PtzCode.Move(new(speed, speed, 0))],
            PtzAction.DownLeft => [PtzCode.Move(new(-speed, -speed, 0))],
            PtzAction.DownRight => [PtzCode.Move(new(speed, -speed, 0))],
            PtzAction.ZoomIn => [PtzCode.Move(new(0, 0, zoom))],
            PtzAction.ZoomOut => [PtzCode.Move(new(0, 0, -zoom))],
            PtzAction.FocusFar => [PtzCode.Focus(-speed)],
            PtzAction.FocusNear => [PtzCode.Focus(speed)],
            PtzAction.IrisOpen => [PtzCode.Iris(speed)],
            PtzAction.IrisClose => [PtzCode.Iris(-speed)],
            PtzAction.WiperOn => [PtzCode.Switch(Wiper, true)],
            PtzAction.WiperOff => [PtzCode.Switch(Wiper, false)],
            PtzAction.LightOn => [PtzCode.Switch(Lamp, true)],
            PtzAction.LightOff => [PtzCode.Switch(Lamp, false)],
            PtzAction.PresetSet => [PtzCode.Preset(PresetAction.Set, move.Preset)],
            PtzAction.PresetCall => [PtzCode.Preset(PresetAction.Call, move.Preset)],
            PtzAction.PresetDelete => [PtzCode.Preset(PresetAction.Delete, move.Preset)],
            PtzAction.CruiseStart => [PtzCode.Cruise(CruiseAction.Start, move.Preset)],
            PtzAction.ScanStart => [PtzCode.AutoScan(ScanAction.Start, move.Preset)],
            _ => lensRuns ? [PtzCode.Stop, PtzCode.StopLens] : [PtzCode.Stop],
        };
    }
}
