# bash completion for evlnet; made by "evlnet completion bash", do not edit
_evlnet() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
    local object= verb= i=1 word
    COMPREPLY=()
    while ((i < COMP_CWORD)); do
        word=${COMP_WORDS[i]}
        case $word in
            -n|-netns|--netns|-b|-batch|--batch|-state|--state) ((i++)) ;;
            -*) ;;
            *) if [[ -z $object ]]; then object=$word; elif [[ -z $verb ]]; then verb=$word; fi ;;
        esac
        ((i++))
    done
    case $prev in
        dev|link|-i|--interface) _evlnet_devices; return ;;
        -batch|--batch|-state|--state|object|pcap|--output) _evlnet_files; return ;;
        -r|--read|-w|--write) if [[ $object == dump ]]; then _evlnet_files; return; fi ;;
        -b) if [[ $object != net ]]; then _evlnet_files; return; fi ;;
        -n|-netns|--netns) if [[ $object != net ]]; then COMPREPLY=($(compgen -W "$(ls /run/netns 2>/dev/null)" -- "$cur")); return; fi ;;
        driver) case $object in port) _evlnet_words "auto xdp pcap"; return ;; esac ;;
        mode) case $object in port) _evlnet_words "auto native generic"; return ;; esac ;;
        ethertype) case $object in port) _evlnet_words "any"; return ;; esac ;;
        icmp-errors) case $object in port) _evlnet_words "on off"; return ;; esac ;;
        default) case $object in filter) _evlnet_words "accept skip vlan drop"; return ;; esac ;;
        all) case $object in filter) _evlnet_words "accept skip vlan drop"; return ;; esac ;;
        engine) case $object in filter) _evlnet_words "kernel wasm both"; return ;; esac ;;
        expect) case $object in filter) _evlnet_words "accept skip vlan drop"; return ;; esac ;;
        --spin) case $object in icmp*|run|udp|packet|latency|ping) _evlnet_words "always"; return ;; esac ;;
        verdict) case $object in dump) _evlnet_words "drop accept skip vlan"; return ;; esac ;;
    esac
    if [[ -z $object ]]; then
        _evlnet_words "port vlans filter icmp-responder run udp packet neighbour route stats latency ping dump monitor check lab state apply net completion help -Version -json -pretty -statistics -details -oneline -timestamp -tshort -netns -batch -brief -force -all -color -help -state"
        return
    fi
    case $object in
        port)
            if [[ -z $verb ]]; then _evlnet_words "show enable disable set query help"; return; fi
            case $verb in
                show|list|lst)
                    _evlnet_devices "dev up down" ;;
                enable)
                    _evlnet_devices "dev link vid address pool bufsz driver mode ethertype icmp-errors create" ;;
                disable)
                    _evlnet_devices "dev all" ;;
                set)
                    _evlnet_devices "dev pool bufsz address driver mode icmp-errors" ;;
                query)
                    _evlnet_devices "dev" ;;
            esac
            ;;
        vlans)
            if [[ -z $verb ]]; then _evlnet_words "show set add del clear help"; return; fi
            case $verb in
                set)
                    _evlnet_words "" ;;
                add)
                    _evlnet_words "" ;;
                del|delete)
                    _evlnet_words "" ;;
            esac
            ;;
        filter)
            if [[ -z $verb ]]; then _evlnet_words "show set unset test check compile help"; return; fi
            case $verb in
                show|list|lst)
                    _evlnet_devices "dev" ;;
                set)
                    _evlnet_devices "dev object program match default all" ;;
                unset)
                    _evlnet_devices "dev" ;;
                test)
                    _evlnet_devices "dev object program match default all pcap hex - engine expect" ;;
                check)
                    _evlnet_files ;;
                compile)
                    _evlnet_words "match default all -o --output" ;;
            esac
            ;;
        icmp*)
            _evlnet_words "-i --interface -s --silent -v --verbose -d --dump -c --count -w --deadline --spin --cpu -P --priority" ;;
        run)
            _evlnet_devices "dev icmp-responder udp-echo --save --spin --cpu -P --priority" ;;
        udp)
            if [[ -z $verb ]]; then _evlnet_words "recv send echo help"; return; fi
            case $verb in
                recv)
                    _evlnet_words "-a --address -p --port -i --interface -I --iterations -s --silent -d --dump --times --spin --cpu -P --priority" ;;
                send)
                    _evlnet_words "-a --address -p --port -m --message -n --repeat -I --iterations --interval -i --interface -s --silent --times --spin --cpu -P --priority" ;;
                echo)
                    _evlnet_words "-i --interface -p --port --spin --cpu -P --priority" ;;
            esac
            ;;
        packet)
            if [[ -z $verb ]]; then _evlnet_words "recv send help"; return; fi
            case $verb in
                recv)
                    _evlnet_words "proto -i --interface -c --count -w --deadline -q --quiet -d --dump --times --spin --cpu -P --priority" ;;
                send)
                    _evlnet_words "hex - -i --interface --pcp --spin --cpu -P --priority" ;;
            esac
            ;;
        neigh*)
            if [[ -z $verb ]]; then _evlnet_words "show solicit add del flush help"; return; fi
            case $verb in
                show|list|lst)
                    _evlnet_devices "dev" ;;
                solicit)
                    _evlnet_words "dev permanent gateway -w --deadline" ;;
                add)
                    _evlnet_words "lladdr dev" ;;
                del|delete)
                    _evlnet_words "dev" ;;
                flush)
                    _evlnet_devices "dev" ;;
            esac
            ;;
        route)
            if [[ -z $verb ]]; then _evlnet_words "show get flush help"; return; fi
            case $verb in
                show|list|lst)
                    _evlnet_devices "dev" ;;
                get)
                    _evlnet_words "dev" ;;
            esac
            ;;
        stats)
            if [[ -z $verb ]]; then _evlnet_words "show watch histogram openmetrics reset help"; return; fi
            case $verb in
                show|list|lst)
                    _evlnet_devices "dev" ;;
                watch)
                    _evlnet_devices "dev interval count" ;;
                histogram)
                    _evlnet_devices "dev for" ;;
                openmetrics)
                    _evlnet_words "listen" ;;
                reset)
                    _evlnet_devices "dev" ;;
            esac
            ;;
        latency)
            _evlnet_words "-i --interface -c --count --interval -s --size -w --deadline --icmp --udp -p --port --histogram --gnuplot --compare -q --quiet --spin --cpu -P --priority" ;;
        ping)
            _evlnet_words "-i --interface -c --count -s --size -f --flood --interval -w --deadline -q --quiet --spin --cpu -P --priority" ;;
        dump)
            _evlnet_words "verdict -i --interface -c --count -x --hex -r --read -w --write" ;;
        monitor)
            _evlnet_words "all port vlans filter neigh worker link" ;;
        check)
            _evlnet_devices "dev" ;;
        lab)
            if [[ -z $verb ]]; then _evlnet_words "status up down run exec help"; return; fi
            case $verb in
                status|show|list|lst)
                    _evlnet_words "name" ;;
                up)
                    _evlnet_words "name" ;;
                down)
                    _evlnet_words "name" ;;
                run)
                    _evlnet_words "name" ;;
                exec)
                    _evlnet_words "name" ;;
            esac
            ;;
        state)
            if [[ -z $verb ]]; then _evlnet_words "show path export reset help"; return; fi
            case $verb in
                export)
                    _evlnet_files ;;
            esac
            ;;
        apply)
            _evlnet_files -W "--dry-run" ;;
        net)
            _evlnet_words "-i --interface -d --disable-port -e --enable-port -p --pool-size -b --buffer-size -F --filter -N --set-vlan-ids -n --print-vlan-ids -s --solicit -S --solicit-permanent -g --allow-gateway -Q --query-port" ;;
        completion)
            if [[ -z $verb ]]; then _evlnet_words "bash help"; return; fi
            ;;
    esac
}
_evlnet_words() { COMPREPLY=($(compgen -W "$1" -- "$cur")); }
_evlnet_devices() { COMPREPLY=($(compgen -W "$(cd /sys/class/net && echo *) $1" -- "$cur")); }
# A folder is no end, and a space in a name no border.
_evlnet_files() { compopt -o filenames 2> /dev/null; mapfile -t COMPREPLY < <(compgen -f "$@" -- "$cur"); }
complete -F _evlnet evlnet
