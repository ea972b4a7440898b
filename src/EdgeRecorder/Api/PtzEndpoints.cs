using EdgeRecorder.Api.Security;
using EdgeRecorder.Devices;
using EdgeRecorder.Ledger;
using EdgeRecorder.Recording;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EdgeRecorder.Api;

/// <summary>/api/v1/channels/{id}/ptz and presets: moves a device's camera, and says what places it knows.</summary>
internal static class PtzEndpoints
{
    private static readonly Dictionary<string, PtzAction> Actions = new(StringComparer.Ordinal)
    {
        ["stop"] = PtzAction.Stop, ["up"] = PtzAction.Up, ["down"] = PtzAction.Down, ["left"] = PtzAction.Left, ["right"] = PtzAction.Right, ["zoom-in"] = PtzAction.ZoomIn, ["zoom-out"] = PtzAction.ZoomOut,
        ["focus-far"] = PtzAction.FocusFar, ["focus-near"] = PtzAction.FocusNear, ["iris-open"] = PtzAction.IrisOpen, ["iris-close"] = PtzAction.IrisClose,
        ["wiper-on"] = PtzAction.WiperOn, ["wiper-off"] = PtzAction.WiperOff, ["light-on"] = PtzAction.LightOn, ["light-off"] = PtzAction.LightOff,
        ["up-left"] = PtzAction.UpLeft, ["up-right"] = PtzAction.UpRight, ["down-left"] = PtzAction.DownLeft, ["down-right"] = PtzAction.DownRight,
        ["preset-set"] = PtzAction.PresetSet, ["preset-call"] = PtzAction.PresetCall, ["preset-delete"] = PtzAction.PresetDelete, ["cruise-start"] = PtzAction.CruiseStart, ["scan-start"] = PtzAction.ScanStart,
    };

    public static void MapPtz(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/channels/{id}/ptz", Move).WithTags("channels").RequireAuthorization(Roles.Operator);
        routes.MapGet("/channels/{id}/presets", Presets).WithTags("channels").RequireAuthorization(Roles.Viewer);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> Move(
        string id, PtzRequest body, HttpContext context, ChannelCatalog channels, DeviceCatalog devices, DeviceProtocols protocols, AuditStore audit, CancellationToken stop)
    {
        if (channels.Find(id) is not { } channel)
            return ChannelEndpoints.Unknown(id);
        if (!Actions.TryGetValue(body.Action, out var action))
            return Problems.Bad($"action: \"{body.Action}\" is not one of {string.Join(", ", Actions.Keys)}");
        if (body.Speed is < 0 or > 255)
            return Problems.Bad("speed: is not between 0 and 255");
        if (action >= PtzAction.PresetSet && body.Preset is not (>= 1 and <= 255))
            return Problems.Bad("preset: is not between 1 and 255");
        if (channel.Device is not { } number || devices.Find(number) is not { } device || protocols.Of(device) is not { } protocol)
            return NoDevice();
        try
        {
            await protocol.MoveAsync(device, channel.DeviceChannel!, new PtzMove(action, (byte)(body.Speed ?? 128), (byte)(action >= PtzAction.PresetSet ? body.Preset ?? 0 : 0)), stop);
        }
        catch (DeviceException e)
        {
            return DeviceEndpoints.Of(e);
        }
        audit.Add(context, "channel.ptz", $"{id} {body.Action}");
        return TypedResults.NoContent();
    }

    private static async Task<Results<JsonHttpResult<PresetView[]>, ProblemHttpResult>> Presets(string id, ChannelCatalog channels, DeviceCatalog devices, DeviceProtocols protocols, CancellationToken stop)
    {
        if (channels.Find(id) is not { } channel)
            return ChannelEndpoints.Unknown(id);
        if (channel.Device is not { } number || devices.Find(number) is not { } device || protocols.Of(device) is not { } protocol)
            return NoDevice();
        try
        {
            var presets = await protocol.PresetsAsync(device, channel.DeviceChannel!, stop);
            return TypedResults.Json(presets.Select(preset => new PresetView(preset.Number, preset.Name)).ToArray(), BoxJson.Default.PresetViewArray);
        }
        catch (DeviceException e)
        {
            return DeviceEndpoints.Of(e);
        }
    }

    private static ProblemHttpResult NoDevice() => Problems.Conflict("the channel is no device's; cameras behind an address of their own are not moved from here");
}

internal sealed record PresetView(int Number, string Name);

/// <param name="Action">stop, up, down, left, right, zoom-in, zoom-out, focus-far, focus-near, iris-open, iris-close, wiper-on, wiper-off, light-on, light-off;
/// gb28181 as well: up-left, up-right, down-left, down-right, preset-set, preset-call, preset-delete, cruise-start, scan-start.</param>
/// <param name="Speed">0 to 255, for directions, zoom and lens; 128 when left out.</param>
/// <param name="Preset">1 to 255: which preset, cruise or scan.</param>
internal sealed record PtzRequest(string Action, int? Speed = null, int? Preset = null);
