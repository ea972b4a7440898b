using EdgeRecorder.Api.Security;
using EdgeRecorder.Devices;
using EdgeRecorder.Ledger;
using EdgeRecorder.Recording;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EdgeRecorder.Api;

/// <summary>/api/v1/channels/{id}/ptz: moves a device's camera.</summary>
internal static class PtzEndpoints
{
    private static readonly Dictionary<string, PtzAction> Actions = new(StringComparer.Ordinal)
    {
        ["stop"] = PtzAction.Stop, ["up"] = PtzAction.Up, ["down"] = PtzAction.Down, ["left"] = PtzAction.Left, ["right"] = PtzAction.Right, ["zoom-in"] = PtzAction.ZoomIn, ["zoom-out"] = PtzAction.ZoomOut,
        ["focus-far"] = PtzAction.FocusFar, ["focus-near"] = PtzAction.FocusNear, ["iris-open"] = PtzAction.IrisOpen, ["iris-close"] = PtzAction.IrisClose,
        ["wiper-on"] = PtzAction.WiperOn, ["wiper-off"] = PtzAction.WiperOff, ["light-on"] = PtzAction.LightOn, ["light-off"] = PtzAction.LightOff,
    };

    public static void MapPtz(this IEndpointRouteBuilder routes)
        => routes.MapPost("/channels/{id}/ptz", Move).WithTags("channels").RequireAuthorization(Roles.Operator);

    private static async Task<Results<NoContent, ProblemHttpResult>> Move(
        string id, PtzRequest body, HttpContext context, ChannelCatalog channels, DeviceCatalog devices, DeviceProtocols protocols, AuditStore audit, CancellationToken stop)
    {
        if (channels.Find(id) is not { } channel)
            return ChannelEndpoints.Unknown(id);
        if (!Actions.TryGetValue(body.Action, out var action))
            return Problems.Bad($"action: \"{body.Action}\" is not one of {string.Join(", ", Actions.Keys)}");
        if (body.Speed is < 0 or > 255)
            return Problems.Bad("speed: is not between 0 and 255");
        if (channel.Device is not { } number || devices.Find(number) is not { } device || protocols.Of(device) is not { } protocol)
            return Problems.Conflict("the channel is no device's; cameras behind an address of their own are not moved from here");
        try
        {
            await protocol.MoveAsync(device, channel.DeviceChannel!, new PtzMove(action, (byte)(body.Speed ?? 128)), stop);
        }
        catch (DeviceException e)
        {
            return DeviceEndpoints.Of(e);
        }
        audit.Add(context, "channel.ptz", $"{id} {body.Action}");
        return TypedResults.NoContent();
    }
}

/// <param name="Action">stop, up, down, left, right, zoom-in, zoom-out, focus-far, focus-near, iris-open, iris-close, wiper-on, wiper-off, light-on, light-off.</param>
/// <param name="Speed">0 to 255, for the four directions; 128 when left out.</param>
internal sealed record PtzRequest(string Action, int? Speed = null);
